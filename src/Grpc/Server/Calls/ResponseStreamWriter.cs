using Grpc.Core;

namespace Grpc.AspNetCore.Server;

/// <summary>The stream of responses that a handler writes; a write is done when the connection has taken it.</summary>
internal sealed class ResponseStreamWriter<TResponse>(HttpServerCallContext call, Action<TResponse, SerializationContext> serializer)
    : IServerStreamWriter<TResponse>
    where TResponse : class
{
    private readonly ResponseMessages<TResponse> _messages = new(call, serializer);
    private readonly CancellationToken _requestAborted = call.HttpContext.RequestAborted;
    private int _isWriting;
    private volatile bool _isComplete;

    public WriteOptions? WriteOptions
    {
        get => call.WriteOptions;
        set => call.WriteOptions = value;
    }

    public Task WriteAsync(TResponse message) => WriteCoreAsync(message, CancellationToken.None);

    // Explicit, as the interface gives it a body: a call on the class picks the one above.
    Task IAsyncStreamWriter<TResponse>.WriteAsync(TResponse message, CancellationToken cancellationToken) =>
        WriteCoreAsync(message, cancellationToken);

    /// <summary>The handler has returned: writes fail from now on.</summary>
    public void Complete() => _isComplete = true;

    private async Task WriteCoreAsync(TResponse message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);

        // A write that is given up midway leaves a torn message: the call cannot go on.
        using var registration = cancellationToken.CanBeCanceled
            ? cancellationToken.UnsafeRegister(static state => ((HttpServerCallContext)state!).Reset(), call)
            : default;
        cancellationToken.ThrowIfCancellationRequested();
        if (_isComplete || _requestAborted.IsCancellationRequested)
        {
            throw new InvalidOperationException("Can't write the message because the request is complete.");
        }

        if (Interlocked.Exchange(ref _isWriting, 1) != 0)
        {
            throw new InvalidOperationException("Can't write the message because the previous write is in progress.");
        }

        try
        {
            await _messages.WriteAsync(message, cancellationToken);
            if (call.WriteOptions is { } options && (options.Flags & WriteFlags.BufferHint) == WriteFlags.BufferHint)
            {
                return;
            }

            var flushed = await _messages.FlushAsync(cancellationToken);

            // A flush that an abort ends does not say so, https://github.com/dotnet/aspnetcore/issues/40788
            if (!flushed.IsCompleted && (call.CancellationToken.IsCancellationRequested || cancellationToken.IsCancellationRequested))
            {
                throw new OperationCanceledException("Request aborted while sending the message.");
            }
        }
        finally
        {
            Volatile.Write(ref _isWriting, 0);
        }
    }
}
