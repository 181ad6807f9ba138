namespace Grpc.Core;

/// <summary>A handler with one request and a stream of responses (https://grpc.io/docs/what-is-grpc/core-concepts/#rpc-life-cycle).</summary>
public delegate Task ServerStreamingServerMethod<TRequest, TResponse>(
    TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context)
    where TRequest : class
    where TResponse : class;
