using System.Net;
using Grpc.Internal.Wire;

namespace Grpc.Net.Client;

/// <summary>The body of a call with a stream of requests: stays open until the writer completes it or the call ends.</summary>
internal sealed class RequestStreamContent<TRequest, TResponse> : HttpContent
    where TRequest : class
    where TResponse : class
{
    private readonly ClientCall<TRequest, TResponse> _call;
    private readonly TaskCompletionSource<Stream> _stream = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Continued in place: when CompleteAsync returns, the end of the stream is on its way before a Dispose can reset it.
    private readonly TaskCompletionSource _completion = new();

    public RequestStreamContent(ClientCall<TRequest, TResponse> call)
    {
        _call = call;
        Headers.TryAddWithoutValidation("Content-Type", GrpcHeaders.ContentType);
    }

    /// <summary>The body, once the request headers are sent; cancelled with the call.</summary>
    public Task<Stream> StreamTask => _stream.Task;

    public void Complete() => _completion.TrySetResult();

    public void Abort()
    {
        _stream.TrySetCanceled(_call.CancellationToken);
        _completion.TrySetCanceled(_call.CancellationToken);
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        // Sends the headers, which would otherwise wait for the first message.
        await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        _stream.TrySetResult(stream);
        await _completion.Task.ConfigureAwait(false);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = -1;
        return false;
    }
}
