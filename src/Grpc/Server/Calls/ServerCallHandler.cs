using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server;

/// <summary>Serves the requests of one method, of whatever kind.</summary>
internal abstract class ServerCallHandler<TRequest, TResponse>(Method<TRequest, TResponse> method, MethodOptions options, ILogger logger)
    where TRequest : class
    where TResponse : class
{
    protected Method<TRequest, TResponse> Method => method;

    public Task HandleAsync(HttpContext http) => RequestCheck.TryAccept(http, logger)
        ? RunAsync(http, new HttpServerCallContext(http, options, logger))
        : Task.CompletedTask;

    protected abstract Task ServeAsync(HttpContext http, HttpServerCallContext call);

    /// <summary>The interceptors around the method itself; the first one registered is the outermost.</summary>
    protected static TMethod Wrap<TMethod>(MethodOptions options, TMethod method, Func<InterceptorRegistration, TMethod, TMethod> intercept)
        where TMethod : Delegate
    {
        for (var i = options.Interceptors.Length - 1; i >= 0; i--)
        {
            method = intercept(options.Interceptors[i], method);
        }

        return method;
    }

    /// <summary>A stream of requests may be long and slow; the limits of the server are for uploads.</summary>
    protected static void LiftBodyLimits(HttpContext http)
    {
        if (http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = null;
        }
    }

    private async Task RunAsync(HttpContext http, HttpServerCallContext call)
    {
        try
        {
            call.Begin();
            await ServeAsync(http, call);
        }
        catch (Exception exception)
        {
            // Whatever a handler throws becomes the status of its call.
            call.Fail(exception, method.Name);
        }

        await call.EndAsync();
    }
}
