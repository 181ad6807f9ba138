using Grpc.Core;
using Grpc.Internal.Wire;

namespace Grpc.Net.Client;

/// <summary>The stream of requests of a call; a write is done when the connection has taken it.</summary>
internal sealed class RequestStreamWriter<TRequest, TResponse>(
    ClientCall<TRequest, TResponse> call,
    RequestStreamContent<TRequest, TResponse> content) : IClientStreamWriter<TRequest>
    where TRequest : class
    where TResponse : class
{
    private readonly RequestMessages<TRequest, TResponse> _messages = new(call);
    private readonly Lock _lock = new();
    private Task _write = Task.CompletedTask;
    private bool _isComplete;

    public WriteOptions? WriteOptions { get; set; } = call.Options.WriteOptions;

    public Task WriteAsync(TRequest message) => BeginWrite(message, CancellationToken.None);

    // Explicit, as the interface gives it a body: a call on the class picks the one above.
    Task IAsyncStreamWriter<TRequest>.WriteAsync(TRequest message, CancellationToken cancellationToken) => BeginWrite(message, cancellationToken);

    public Task CompleteAsync()
    {
        ObjectDisposedException.ThrowIf(call.IsDisposed, call);
        lock (_lock)
        {
            if (!_write.IsCompleted)
            {
                return Task.FromException(new InvalidOperationException(
                    "Can't complete the client stream writer because the previous write is in progress."));
            }

            _isComplete = true;
        }

        content.Complete();
        return Task.CompletedTask;
    }

    private Task BeginWrite(TRequest message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        ObjectDisposedException.ThrowIf(call.IsDisposed, call);
        lock (_lock)
        {
            if (_isComplete)
            {
                return Task.FromException(new InvalidOperationException("Request stream has already been completed."));
            }

            if (call.EndStatus is not null)
            {
                return Task.FromException(call.CreateException());
            }

            if (!_write.IsCompleted)
            {
                return Task.FromException(new InvalidOperationException(
                    "Can't write the message because the previous write is in progress."));
            }

            return _write = WriteCoreAsync(message, cancellationToken);
        }
    }

    private async Task WriteCoreAsync(TRequest message, CancellationToken cancellationToken)
    {
        using var registration = call.CancelOn(cancellationToken);
        try
        {
            var stream = await content.StreamTask.ConfigureAwait(false);
            await _messages.WriteAsync(stream, message, WriteOptions, call.CancellationToken).ConfigureAwait(false);
            await stream.FlushAsync(call.CancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            call.EndIfOverdue();
            throw call.CreateException();
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException or ObjectDisposedException)
        {
            // The response says why the server wants no more; until it is here, this is all that is known.
            call.EndIfOverdue();
            throw call.EndStatus is not null
                ? call.CreateException()
                : new RpcException(new Status(
                    HttpErrors.ToStatusCode(exception), "Error writing message. " + ExceptionText.Describe(exception), exception));
        }
    }
}
