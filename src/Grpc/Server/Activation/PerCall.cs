namespace Grpc.AspNetCore.Server;

/// <summary>A service or an interceptor as one call uses it: what was made for the call is disposed after it, what is registered is not.</summary>
internal readonly struct PerCall<T>(T instance, bool isOwned) : IAsyncDisposable
    where T : class
{
    public T Instance => instance;

    public ValueTask DisposeAsync()
    {
        if (!isOwned)
        {
            return default;
        }

        switch (instance)
        {
            case IAsyncDisposable asyncDisposable:
                return asyncDisposable.DisposeAsync();
            case IDisposable disposable:
                disposable.Dispose();
                return default;
            default:
                return default;
        }
    }
}
