namespace Grpc.Core;

/// <summary>A handler with a stream each way (https://grpc.io/docs/what-is-grpc/core-concepts/#rpc-life-cycle).</summary>
public delegate Task DuplexStreamingServerMethod<TRequest, TResponse>(
    IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context)
    where TRequest : class
    where TResponse : class;
