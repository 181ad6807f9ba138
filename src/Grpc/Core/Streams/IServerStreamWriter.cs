namespace Grpc.Core;

/// <summary>A server's stream of responses; ends when the handler returns
/// (https://grpc.io/docs/what-is-grpc/core-concepts/#server-streaming-rpc).</summary>
public interface IServerStreamWriter<in T> : IAsyncStreamWriter<T>
{
}
