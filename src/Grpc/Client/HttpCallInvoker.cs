using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>Makes the calls of a channel, each one HTTP request.</summary>
internal sealed class HttpCallInvoker(GrpcChannel channel) : CallInvoker
{
    private static readonly Func<object, Task<Metadata>> GetResponseHeaders = static call => ((ClientCall)call).GetResponseHeadersAsync();
    private static readonly Func<object, Status> GetStatus = static call => ((ClientCall)call).GetStatus();
    private static readonly Func<object, Metadata> GetTrailers = static call => ((ClientCall)call).GetTrailers();
    private static readonly Action<object> DisposeCall = static call => ((ClientCall)call).Dispose();

    public override TResponse BlockingUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
        AsyncUnaryCall(method, host, options, request).GetAwaiter().GetResult();

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var call = new ClientCall<TRequest, TResponse>(channel, method, options);
        call.Start(request);
        return new AsyncUnaryCall<TResponse>(call.ReceiveSingleAsync(), GetResponseHeaders, GetStatus, GetTrailers, DisposeCall, call);
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var call = new ClientCall<TRequest, TResponse>(channel, method, options);
        var responses = new ResponseStreamReader<TRequest, TResponse>(call);
        call.Start(request);
        return new AsyncServerStreamingCall<TResponse>(responses, GetResponseHeaders, GetStatus, GetTrailers, DisposeCall, call);
    }

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var call = new ClientCall<TRequest, TResponse>(channel, method, options);
        var requests = call.StartStreaming();
        return new AsyncClientStreamingCall<TRequest, TResponse>(
            requests, call.ReceiveSingleAsync(), GetResponseHeaders, GetStatus, GetTrailers, DisposeCall, call);
    }

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var call = new ClientCall<TRequest, TResponse>(channel, method, options);
        var responses = new ResponseStreamReader<TRequest, TResponse>(call);
        var requests = call.StartStreaming();
        return new AsyncDuplexStreamingCall<TRequest, TResponse>(
            requests, responses, GetResponseHeaders, GetStatus, GetTrailers, DisposeCall, call);
    }
}
