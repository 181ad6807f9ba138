using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace GuestTune.Agent.Tests;

/// <summary>Keeps what was logged, but for what the agent has no part in.</summary>
internal sealed class CollectedLog : ILoggerProvider, ILogger
{
    /// <summary>Kestrel's warning that a heartbeat took more than a second: of the machine, which stood still.</summary>
    private const string OfTheMachine = "HeartbeatSlow";

    public ConcurrentQueue<(LogLevel Level, string? Event, string Text)> Lines { get; } = new();

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (eventId.Name is not OfTheMachine)
        {
            Lines.Enqueue((logLevel, eventId.Name, formatter(state, exception)));
        }
    }

    public void Dispose()
    {
    }
}
