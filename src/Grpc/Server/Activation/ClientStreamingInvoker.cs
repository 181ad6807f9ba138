using Grpc.Core;

namespace Grpc.AspNetCore.Server;

/// <summary>A service class's own code for a method with a stream of requests.</summary>
internal delegate Task<TResponse> ClientStreamingInvoker<TService, TRequest, TResponse>(
    TService service, IAsyncStreamReader<TRequest> requests, ServerCallContext context);
