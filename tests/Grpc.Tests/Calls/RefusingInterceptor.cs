using Grpc.Core;
using Grpc.Core.Interceptors;

namespace GuestTune.Grpc.Tests.Calls;

/// <summary>Lets no unary call through.</summary>
internal sealed class RefusingInterceptor : Interceptor
{
    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
        throw new RpcException(new Status(StatusCode.PermissionDenied, "Nobody comes through here."));
}
