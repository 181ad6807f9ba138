using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>The stream of responses of a call.</summary>
internal sealed class ResponseStreamReader<TRequest, TResponse>(ClientCall<TRequest, TResponse> call) : IAsyncStreamReader<TResponse>
    where TRequest : class
    where TResponse : class
{
    private int _isReading;

    public TResponse Current { get; private set; } = null!;

    public Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(call.IsDisposed, call);
        if (call.EndStatus is { } ended)
        {
            return ended.StatusCode == StatusCode.OK ? Task.FromResult(false) : Task.FromException<bool>(call.CreateException());
        }

        return Interlocked.Exchange(ref _isReading, 1) == 0
            ? MoveNextCoreAsync(cancellationToken)
            : Task.FromException<bool>(new InvalidOperationException(
                "Can't read the next message because the previous read is still in progress."));
    }

    private async Task<bool> MoveNextCoreAsync(CancellationToken cancellationToken)
    {
        using var registration = call.CancelOn(cancellationToken);
        try
        {
            var response = await call.ResponseTask.ConfigureAwait(false);
            if (response is null || call.EndStatus is not null)
            {
                return EndOfStream();
            }

            // What was read before must not stay alive while the next message is awaited.
            Current = null!;
            if (await call.ReadAsync(response).ConfigureAwait(false) is { } message)
            {
                Current = message;
                return true;
            }

            call.EndByTrailers(response, hasMessageMissing: false);
            return EndOfStream();
        }
        catch (Exception exception) when (exception is not RpcException || call.EndStatus is null)
        {
            // Whatever went wrong becomes the status of the call.
            call.Fail("Error reading next message.", exception);
            return EndOfStream();
        }
        finally
        {
            Volatile.Write(ref _isReading, 0);
        }
    }

    private bool EndOfStream() => call.EndStatus is { StatusCode: StatusCode.OK } ? false : throw call.CreateException();
}
