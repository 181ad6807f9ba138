namespace Grpc.Core;

/// <summary>A handler with one request and one response (https://grpc.io/docs/what-is-grpc/core-concepts/#rpc-life-cycle).</summary>
public delegate Task<TResponse> UnaryServerMethod<TRequest, TResponse>(
    TRequest request, ServerCallContext context)
    where TRequest : class
    where TResponse : class;
