using System.CommandLine;
using GuestTune.Controller.Fleet;
using GuestTune.Controller.Rendering;
using GuestTune.Controller.V1;

namespace GuestTune.Controller.Cli;

/// <summary>One run of one command: what the global options said and where its output goes.</summary>
internal sealed class Invocation(ParseResult parsed, GlobalOptions options, Terminal terminal)
{
    public Terminal Terminal { get; } = terminal;

    public string? Inventory { get; } = NotEmpty(parsed.GetValue(options.Inventory));

    public string? Connect { get; } = NotEmpty(parsed.GetValue(options.Connect));

    public string? Controller { get; } = NotEmpty(parsed.GetValue(options.Controller));

    public bool NoDaemon { get; } = parsed.GetValue(options.NoDaemon);

    public string? State { get; } = NotEmpty(parsed.GetValue(options.State));

    public OutputFormat Output { get; } = parsed.GetValue(options.Output);

    public bool Colors { get; } = terminal.OutIsTerminal
        && !parsed.GetValue(options.NoColor)
        && string.IsNullOrEmpty(terminal.Environment("NO_COLOR"))
        && !string.Equals(terminal.Environment("TERM"), "dumb", StringComparison.Ordinal);

    /// <summary>Of tables on standard output.</summary>
    public TableStyle Style => new(Terminal.OutIsTerminal ? Terminal.Width : null, Colors);

    public TimeSpan? TimeLimit { get; } = NumberOption.Value(parsed, options.Timeout) is { } seconds ? TimeSpan.FromSeconds(seconds) : null;

    public uint? MaxParallel { get; } = (uint?)NumberOption.Value(parsed, options.Parallel);

    /// <param name="usual">The time limit where none was given: what takes minutes has more, while attaching still has the usual one.</param>
    public Pace ReadPace(TimeSpan? usual = null) => TimeLimit is { } limit
        ? new Pace { MaxParallel = MaxParallel ?? 0, TimeoutMs = (uint)Math.Max(1, limit.TotalMilliseconds) }
        : new Pace { MaxParallel = MaxParallel ?? 0, TimeoutMs = (uint)(usual ?? TimeSpan.Zero).TotalMilliseconds, AttachTimeoutMs = usual is null ? 0 : Pacing.DefaultTimeoutMs };

    private static string? NotEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
