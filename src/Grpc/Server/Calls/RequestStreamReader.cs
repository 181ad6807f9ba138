using System.IO.Pipelines;
using Grpc.Core;

namespace Grpc.AspNetCore.Server;

/// <summary>The stream of requests that a handler reads.</summary>
internal sealed class RequestStreamReader<TRequest>(HttpServerCallContext call, Func<DeserializationContext, TRequest> deserializer)
    : IAsyncStreamReader<TRequest>
    where TRequest : class
{
    // Taken now: a handler that leaves tasks behind may read when the request is gone and its object reused.
    private readonly PipeReader _input = call.HttpContext.Request.BodyReader;
    private readonly CancellationToken _requestAborted = call.HttpContext.RequestAborted;
    private volatile bool _isComplete;

    public TRequest Current { get; private set; } = null!;

    public Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<bool>(cancellationToken);
        }

        if (_isComplete || _requestAborted.IsCancellationRequested)
        {
            return Task.FromException<bool>(new InvalidOperationException("Can't read messages after the request is complete."));
        }

        // What was read before must not stay alive while the next message is awaited.
        Current = null!;
        var read = RequestMessages.ReadNextAsync(_input, call, deserializer, cancellationToken);
        return read.IsCompletedSuccessfully ? Task.FromResult(Take(read.Result)) : AwaitAsync(read);
    }

    /// <summary>The handler has returned: reads fail from now on.</summary>
    public void Complete() => _isComplete = true;

    private async Task<bool> AwaitAsync(ValueTask<TRequest?> read) => Take(await read);

    private bool Take(TRequest? message)
    {
        Current = message!;
        return message is not null;
    }
}
