using System.Runtime.InteropServices;

namespace GuestTune.Controller.Cli;

/// <summary>
/// Turns the first SIGINT or SIGTERM into a cancellation, so that what is known is still written; the second one ends the
/// process at once.
/// </summary>
internal sealed class Interrupt : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _registrations;
    private int _signal;

    public Interrupt() =>
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Handle(context, 2)),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Handle(context, 15)),
        ];

    public CancellationToken Token => _source.Token;

    /// <summary>Its number; 0 where none came.</summary>
    public int Signal => Volatile.Read(ref _signal);

    public bool IsRequested => Signal != 0;

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        _source.Dispose();
    }

    private void Handle(PosixSignalContext context, int signal)
    {
        if (Interlocked.CompareExchange(ref _signal, signal, 0) == 0)
        {
            context.Cancel = true;
            _source.Cancel();
        }
    }
}
