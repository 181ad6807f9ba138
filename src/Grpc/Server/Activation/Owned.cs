namespace Grpc.AspNetCore.Server;

/// <summary>Disposes what was made for one call.</summary>
internal static class Owned
{
    public static ValueTask ReleaseAsync(object instance, bool isOwned)
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
