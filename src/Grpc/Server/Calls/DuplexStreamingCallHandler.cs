using System.Diagnostics.CodeAnalysis;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server;

/// <summary>Serves a method with a stream each way.</summary>
internal sealed class DuplexStreamingCallHandler<[DynamicallyAccessedMembers(ServiceMapper.Accessibility)] TService, TRequest, TResponse>
    : ServerCallHandler<TRequest, TResponse>
    where TService : class
    where TRequest : class
    where TResponse : class
{
    private readonly DuplexStreamingInvoker<TService, TRequest, TResponse> _invoke;
    private readonly ServiceActivator<TService> _activator;
    private readonly DuplexStreamingServerMethod<TRequest, TResponse> _pipeline;

    public DuplexStreamingCallHandler(
        Method<TRequest, TResponse> method,
        DuplexStreamingInvoker<TService, TRequest, TResponse> invoke,
        ServiceActivator<TService> activator,
        MethodOptions options,
        ILogger logger)
        : base(method, options, logger)
    {
        _invoke = invoke;
        _activator = activator;
        _pipeline = Wrap<DuplexStreamingServerMethod<TRequest, TResponse>>(options, InvokeAsync, Intercept);
    }

    protected override async Task ServeAsync(HttpContext http, HttpServerCallContext call)
    {
        LiftBodyLimits(http);
        var requests = new RequestStreamReader<TRequest>(call, Method.RequestMarshaller.ContextualDeserializer);
        var responses = new ResponseStreamWriter<TResponse>(call, Method.ResponseMarshaller.ContextualSerializer);
        try
        {
            await _pipeline(requests, responses, call);
        }
        finally
        {
            requests.Complete();
            responses.Complete();
        }
    }

    private static DuplexStreamingServerMethod<TRequest, TResponse> Intercept(
        InterceptorRegistration registration,
        DuplexStreamingServerMethod<TRequest, TResponse> next) => async (requests, responses, context) =>
    {
        await using var interceptor = registration.Create(context.GetHttpContext().RequestServices);
        await interceptor.Instance.DuplexStreamingServerHandler(requests, responses, context, next);
    };

    private async Task InvokeAsync(IAsyncStreamReader<TRequest> requests, IServerStreamWriter<TResponse> responses, ServerCallContext context)
    {
        await using var service = _activator.Create(context.GetHttpContext().RequestServices);
        await _invoke(service.Instance, requests, responses, context);
    }
}
