using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace GuestTune.HostController.Tests.Fakes;

/// <summary>Keeps what is logged.</summary>
internal sealed class CapturedLog : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<string> _lines = new();

    public IEnumerable<string> Lines => _lines;

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue(formatter(state, exception));

    public async Task WaitForAsync(string text)
    {
        for (var i = 0; i < 12_000 && !_lines.Any(l => l.Contains(text, StringComparison.Ordinal)); i++)
        {
            await Task.Delay(10);
        }

        Assert.Contains(_lines, l => l.Contains(text, StringComparison.Ordinal));
    }

    public void Dispose()
    {
    }
}
