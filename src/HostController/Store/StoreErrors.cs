using Grpc.Core;

namespace GuestTune.Controller.Store;

/// <summary>What a caller of the controller hears where the store cannot be used.</summary>
internal static class StoreErrors
{
    /// <exception cref="RpcException">FAILED_PRECONDITION, with the store's own words.</exception>
    public static async Task<T> AsRpcAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (IOException e)
        {
            throw Of(e);
        }
    }

    /// <exception cref="RpcException">FAILED_PRECONDITION, with the store's own words.</exception>
    public static T AsRpc<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (IOException e)
        {
            throw Of(e);
        }
    }

    private static RpcException Of(IOException e) => new(new Status(StatusCode.FailedPrecondition, e.Message));
}
