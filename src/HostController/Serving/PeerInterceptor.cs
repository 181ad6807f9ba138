using Grpc.Core;
using Grpc.Core.Interceptors;
using GuestTune.Controller.Store;
using Microsoft.Extensions.Logging;

namespace GuestTune.Controller.Serving;

/// <summary>Refuses calls of peers that the policy does not allow: with a reason, which a closed connection has not.</summary>
internal sealed class PeerInterceptor(PeerPolicy policy, ILogger<PeerInterceptor> logger) : Interceptor
{
    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request,
        ServerCallContext context,
        UnaryServerMethod<TRequest, TResponse> continuation)
    {
        Check(context);
        return continuation(request, context);
    }

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Check(context);
        return continuation(request, responseStream, context);
    }

    // No call of controller.proto streams requests; one that is added later must not slip through.
    public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        ServerCallContext context,
        ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Check(context);
        return continuation(requestStream, context);
    }

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Check(context);
        return continuation(requestStream, responseStream, context);
    }

    private void Check(ServerCallContext context)
    {
        var peer = context.GetHttpContext().Features.Get<PeerCredentials>()
            ?? throw new RpcException(new Status(StatusCode.Unauthenticated, "the kernel did not say who is calling"));
        if (!policy.Allows(peer))
        {
            AuditLog.Refused(logger, context.Method, peer.UserId, peer.ProcessId);
            throw new RpcException(new Status(StatusCode.PermissionDenied, policy.Refusal(peer)));
        }

        Caller.Set(peer);
    }
}
