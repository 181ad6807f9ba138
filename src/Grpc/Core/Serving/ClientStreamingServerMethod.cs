namespace Grpc.Core;

/// <summary>A handler with a stream of requests and one response (https://grpc.io/docs/what-is-grpc/core-concepts/#rpc-life-cycle).</summary>
public delegate Task<TResponse> ClientStreamingServerMethod<TRequest, TResponse>(
    IAsyncStreamReader<TRequest> requestStream, ServerCallContext context)
    where TRequest : class
    where TResponse : class;
