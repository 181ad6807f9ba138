namespace Grpc.Core;

/// <summary>A client's stream of requests (https://grpc.io/docs/what-is-grpc/core-concepts/#client-streaming-rpc).</summary>
public interface IClientStreamWriter<in T> : IAsyncStreamWriter<T>
{
    /// <summary>Says that no more requests will follow (half-close).</summary>
    Task CompleteAsync();
}
