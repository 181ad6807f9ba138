using Grpc.Core;
using Grpc.Core.Interceptors;
using GuestTune.Protocol;

namespace GuestTune.Agent.Policy;

/// <summary>Refuses the RPCs that agent.conf refuses, before any of their code runs.</summary>
internal sealed class PolicyInterceptor(PolicySource policies) : Interceptor
{
    private const string HealthPrefix = "/grpc.health.v1.Health/";

    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        Check(context.Method);
        return continuation(request, context);
    }

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Check(context.Method);
        return continuation(request, responseStream, context);
    }

    public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Check(context.Method);
        return continuation(requestStream, context);
    }

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Check(context.Method);
        return continuation(requestStream, responseStream, context);
    }

    private void Check(string method)
    {
        // Other services, as health, say nothing about the guest and change nothing.
        if (method.StartsWith(HealthPrefix, StringComparison.Ordinal))
        {
            return;
        }

        // Routes match a path in any case and with a slash at its end. What is not spelled as in the proto files must not run: under
        // that name the policy does not know it.
        if (AgentRpc.FromPath(method) is not { } name)
        {
            throw new RpcException(new Status(
                StatusCode.Unimplemented,
                StatusText.Bound($"no method '{method}'; known: {string.Join(", ", AgentRpc.All)} of {AgentRpc.ServiceName} and {AgentRpc.MeasuredBootServiceName}")));
        }

        if (policies.Current.WhyRefused(name) is { } reason)
        {
            throw new RpcException(new Status(StatusCode.PermissionDenied, StatusText.Bound(reason)));
        }
    }
}
