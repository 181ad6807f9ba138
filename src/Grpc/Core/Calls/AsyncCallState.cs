namespace Grpc.Core;

/// <summary>What the four call objects have in common, so that a call of this library needs no closures and a test double
/// may bring its own.</summary>
internal readonly struct AsyncCallState
{
    private readonly object? _state;
    private readonly object _responseHeadersAsync;
    private readonly object _getStatus;
    private readonly object _getTrailers;
    private readonly object _dispose;

    public AsyncCallState(
        Func<object, Task<Metadata>> responseHeadersAsync,
        Func<object, Status> getStatus,
        Func<object, Metadata> getTrailers,
        Action<object> dispose,
        object state)
    {
        _state = state;
        _responseHeadersAsync = responseHeadersAsync;
        _getStatus = getStatus;
        _getTrailers = getTrailers;
        _dispose = dispose;
    }

    public AsyncCallState(Task<Metadata> responseHeadersAsync, Func<Status> getStatus, Func<Metadata> getTrailers, Action dispose)
    {
        _state = null;
        _responseHeadersAsync = responseHeadersAsync;
        _getStatus = getStatus;
        _getTrailers = getTrailers;
        _dispose = dispose;
    }

    public Task<Metadata> ResponseHeadersAsync() =>
        _responseHeadersAsync as Task<Metadata> ?? ((Func<object, Task<Metadata>>)_responseHeadersAsync)(_state!);

    public Status GetStatus() => _getStatus is Func<object, Status> withState ? withState(_state!) : ((Func<Status>)_getStatus)();

    public Metadata GetTrailers() => _getTrailers is Func<object, Metadata> withState ? withState(_state!) : ((Func<Metadata>)_getTrailers)();

    public void Dispose()
    {
        if (_dispose is Action<object> withState)
        {
            withState(_state!);
        }
        else
        {
            ((Action)_dispose)();
        }
    }
}
