namespace Grpc.Core;

/// <summary>Credentials sent with calls, as headers; only over secure channels (https://grpc.io/docs/guides/auth/).</summary>
public abstract class CallCredentials
{
    private protected CallCredentials()
    {
    }

    /// <summary>Several credentials as one; there are at least two.</summary>
    public static CallCredentials Compose(params CallCredentials[] credentials)
    {
        ArgumentNullException.ThrowIfNull(credentials);
        if (credentials.Length < 2)
        {
            throw new ArgumentException("Composite credentials object can only be created from 2 or more credentials.", nameof(credentials));
        }

        return new CompositeCallCredentials([.. credentials]);
    }

    /// <summary>Credentials that a delegate adds to each call.</summary>
    public static CallCredentials FromInterceptor(AsyncAuthInterceptor interceptor)
    {
        ArgumentNullException.ThrowIfNull(interceptor);
        return new InterceptorCallCredentials(interceptor);
    }

    internal abstract Task AddToAsync(AuthInterceptorContext context, Metadata metadata);

    private sealed class InterceptorCallCredentials(AsyncAuthInterceptor interceptor) : CallCredentials
    {
        internal override Task AddToAsync(AuthInterceptorContext context, Metadata metadata) => interceptor(context, metadata);
    }

    private sealed class CompositeCallCredentials(CallCredentials[] credentials) : CallCredentials
    {
        internal override async Task AddToAsync(AuthInterceptorContext context, Metadata metadata)
        {
            foreach (var credential in credentials)
            {
                await credential.AddToAsync(context, metadata).ConfigureAwait(false);
            }
        }
    }
}
