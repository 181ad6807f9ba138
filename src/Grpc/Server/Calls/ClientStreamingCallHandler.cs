using System.Diagnostics.CodeAnalysis;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server;

/// <summary>Serves a method with a stream of requests and one response.</summary>
internal sealed class ClientStreamingCallHandler<[DynamicallyAccessedMembers(ServiceMapper.Accessibility)] TService, TRequest, TResponse>
    : ServerCallHandler<TRequest, TResponse>
    where TService : class
    where TRequest : class
    where TResponse : class
{
    private readonly ClientStreamingInvoker<TService, TRequest, TResponse> _invoke;
    private readonly ServiceActivator<TService> _activator;
    private readonly ClientStreamingServerMethod<TRequest, TResponse> _pipeline;

    public ClientStreamingCallHandler(
        Method<TRequest, TResponse> method,
        ClientStreamingInvoker<TService, TRequest, TResponse> invoke,
        ServiceActivator<TService> activator,
        MethodOptions options,
        ILogger logger)
        : base(method, options, logger)
    {
        _invoke = invoke;
        _activator = activator;
        _pipeline = Wrap<ClientStreamingServerMethod<TRequest, TResponse>>(options, InvokeAsync, Intercept);
    }

    protected override async Task ServeAsync(HttpContext http, HttpServerCallContext call)
    {
        LiftBodyLimits(http);
        var requests = new RequestStreamReader<TRequest>(call, Method.RequestMarshaller.ContextualDeserializer);
        TResponse? response;
        try
        {
            response = await _pipeline(requests, call);
        }
        finally
        {
            requests.Complete();
        }

        if (response is null)
        {
            throw new RpcException(new Status(StatusCode.Cancelled, "No message returned from method."));
        }

        await new ResponseMessages<TResponse>(call, Method.ResponseMarshaller.ContextualSerializer).WriteAsync(response, CancellationToken.None);
    }

    private static ClientStreamingServerMethod<TRequest, TResponse> Intercept(
        InterceptorRegistration registration,
        ClientStreamingServerMethod<TRequest, TResponse> next) => async (requests, context) =>
    {
        await using var interceptor = registration.Create(context.GetHttpContext().RequestServices);
        return await interceptor.Instance.ClientStreamingServerHandler(requests, context, next);
    };

    private async Task<TResponse> InvokeAsync(IAsyncStreamReader<TRequest> requests, ServerCallContext context)
    {
        await using var service = _activator.Create(context.GetHttpContext().RequestServices);
        return await _invoke(service.Instance, requests, context);
    }
}
