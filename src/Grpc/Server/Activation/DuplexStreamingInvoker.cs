using Grpc.Core;

namespace Grpc.AspNetCore.Server;

/// <summary>A service class's own code for a method with a stream each way.</summary>
internal delegate Task DuplexStreamingInvoker<TService, TRequest, TResponse>(
    TService service, IAsyncStreamReader<TRequest> requests, IServerStreamWriter<TResponse> responses, ServerCallContext context);
