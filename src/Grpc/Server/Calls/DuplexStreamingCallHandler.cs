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
        _pipeline = InvokeAsync;
        for (var i = options.Interceptors.Length - 1; i >= 0; i--)
        {
            _pipeline = Intercept(options.Interceptors[i], _pipeline);
        }
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
        var interceptor = registration.Create(context.GetHttpContext().RequestServices, out var isOwned);
        try
        {
            await interceptor.DuplexStreamingServerHandler(requests, responses, context, next);
        }
        finally
        {
            await Owned.ReleaseAsync(interceptor, isOwned);
        }
    };

    private Task InvokeAsync(IAsyncStreamReader<TRequest> requests, IServerStreamWriter<TResponse> responses, ServerCallContext context)
    {
        var service = _activator.Create(context.GetHttpContext().RequestServices, out var isOwned);
        return isOwned ? InvokeOwnedAsync(service, requests, responses, context) : _invoke(service, requests, responses, context);
    }

    private async Task InvokeOwnedAsync(TService service, IAsyncStreamReader<TRequest> requests, IServerStreamWriter<TResponse> responses, ServerCallContext context)
    {
        try
        {
            await _invoke(service, requests, responses, context);
        }
        finally
        {
            await Owned.ReleaseAsync(service, isOwned: true);
        }
    }
}
