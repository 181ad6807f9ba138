using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace GuestTune.Agent.Tests;

/// <summary>Keeps what was logged.</summary>
internal sealed class CollectedLog : ILoggerProvider, ILogger
{
    public ConcurrentQueue<(LogLevel Level, string? Event, string Text)> Lines { get; } = new();

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        => Lines.Enqueue((logLevel, eventId.Name, formatter(state, exception)));

    public void Dispose()
    {
    }
}
