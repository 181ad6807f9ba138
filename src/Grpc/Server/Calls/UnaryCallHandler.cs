using System.Diagnostics.CodeAnalysis;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server;

/// <summary>Serves a method with one request and one response.</summary>
internal sealed class UnaryCallHandler<[DynamicallyAccessedMembers(ServiceMapper.Accessibility)] TService, TRequest, TResponse>
    : ServerCallHandler<TRequest, TResponse>
    where TService : class
    where TRequest : class
    where TResponse : class
{
    private readonly UnaryInvoker<TService, TRequest, TResponse> _invoke;
    private readonly ServiceActivator<TService> _activator;
    private readonly UnaryServerMethod<TRequest, TResponse> _pipeline;

    public UnaryCallHandler(
        Method<TRequest, TResponse> method,
        UnaryInvoker<TService, TRequest, TResponse> invoke,
        ServiceActivator<TService> activator,
        MethodOptions options,
        ILogger logger)
        : base(method, options, logger)
    {
        _invoke = invoke;
        _activator = activator;
        _pipeline = Wrap<UnaryServerMethod<TRequest, TResponse>>(options, InvokeAsync, Intercept);
    }

    protected override async Task ServeAsync(HttpContext http, HttpServerCallContext call)
    {
        var request = await RequestMessages.ReadSingleAsync(http.Request.BodyReader, call, Method.RequestMarshaller.ContextualDeserializer);
        var response = await _pipeline(request, call);
        if (response is null)
        {
            throw new RpcException(new Status(StatusCode.Cancelled, "No message returned from method."));
        }

        await new ResponseMessages<TResponse>(call, Method.ResponseMarshaller.ContextualSerializer).WriteAsync(response, CancellationToken.None);
    }

    private static UnaryServerMethod<TRequest, TResponse> Intercept(
        InterceptorRegistration registration,
        UnaryServerMethod<TRequest, TResponse> next) => async (request, context) =>
    {
        await using var interceptor = registration.Create(context.GetHttpContext().RequestServices);
        return await interceptor.Instance.UnaryServerHandler(request, context, next);
    };

    private async Task<TResponse> InvokeAsync(TRequest request, ServerCallContext context)
    {
        await using var service = _activator.Create(context.GetHttpContext().RequestServices);
        return await _invoke(service.Instance, request, context);
    }
}
