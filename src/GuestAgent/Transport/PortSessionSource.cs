using System.Net;
using GuestTune.VirtioSerial;

namespace GuestTune.Agent.Transport;

/// <summary>Sessions over one port of this guest.</summary>
internal sealed class PortSessionSource(string portName, Func<IPort> openPort, TimeProvider time) : ISessionSource, IAsyncDisposable
{
    private GuestSessionListener? _listener;

    public EndPoint EndPoint { get; } = new SessionEndPoint(portName);

    public void Open() => _listener = new GuestSessionListener(openPort(), timeProvider: time);

    public ValueTask<Session> AcceptAsync(CancellationToken cancellationToken) =>
        _listener is { } listener
            ? listener.AcceptAsync(cancellationToken)
            : throw new InvalidOperationException("The port is not open.");

    public ValueTask DisposeAsync() => _listener?.DisposeAsync() ?? default;
}
