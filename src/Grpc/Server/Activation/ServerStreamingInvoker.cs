using Grpc.Core;

namespace Grpc.AspNetCore.Server;

/// <summary>A service class's own code for a method with a stream of responses.</summary>
internal delegate Task ServerStreamingInvoker<TService, TRequest, TResponse>(
    TService service, TRequest request, IServerStreamWriter<TResponse> responses, ServerCallContext context);
