using System.Diagnostics.CodeAnalysis;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server;

/// <summary>Serves a method with one request and a stream of responses.</summary>
internal sealed class ServerStreamingCallHandler<[DynamicallyAccessedMembers(ServiceMapper.Accessibility)] TService, TRequest, TResponse>
    : ServerCallHandler<TRequest, TResponse>
    where TService : class
    where TRequest : class
    where TResponse : class
{
    private readonly ServerStreamingInvoker<TService, TRequest, TResponse> _invoke;
    private readonly ServiceActivator<TService> _activator;
    private readonly ServerStreamingServerMethod<TRequest, TResponse> _pipeline;

    public ServerStreamingCallHandler(
        Method<TRequest, TResponse> method,
        ServerStreamingInvoker<TService, TRequest, TResponse> invoke,
        ServiceActivator<TService> activator,
        MethodOptions options,
        ILogger logger)
        : base(method, options, logger)
    {
        _invoke = invoke;
        _activator = activator;
        _pipeline = Wrap<ServerStreamingServerMethod<TRequest, TResponse>>(options, InvokeAsync, Intercept);
    }

    protected override async Task ServeAsync(HttpContext http, HttpServerCallContext call)
    {
        var request = await RequestMessages.ReadSingleAsync(http.Request.BodyReader, call, Method.RequestMarshaller.ContextualDeserializer);
        var responses = new ResponseStreamWriter<TResponse>(call, Method.ResponseMarshaller.ContextualSerializer);
        try
        {
            await _pipeline(request, responses, call);
        }
        finally
        {
            responses.Complete();
        }
    }

    private static ServerStreamingServerMethod<TRequest, TResponse> Intercept(
        InterceptorRegistration registration,
        ServerStreamingServerMethod<TRequest, TResponse> next) => async (request, responses, context) =>
    {
        await using var interceptor = registration.Create(context.GetHttpContext().RequestServices);
        await interceptor.Instance.ServerStreamingServerHandler(request, responses, context, next);
    };

    private async Task InvokeAsync(TRequest request, IServerStreamWriter<TResponse> responses, ServerCallContext context)
    {
        await using var service = _activator.Create(context.GetHttpContext().RequestServices);
        await _invoke(service.Instance, request, responses, context);
    }
}
