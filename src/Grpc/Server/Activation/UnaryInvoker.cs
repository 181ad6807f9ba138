using Grpc.Core;

namespace Grpc.AspNetCore.Server;

/// <summary>A service class's own code for a unary method.</summary>
internal delegate Task<TResponse> UnaryInvoker<TService, TRequest, TResponse>(TService service, TRequest request, ServerCallContext context);
