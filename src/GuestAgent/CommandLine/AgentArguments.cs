using Microsoft.Extensions.Logging;

namespace GuestTune.Agent.CommandLine;

/// <summary>The agent's command line. It has a handful of options and starts in every VM: a parser that fits on a screen costs less than a library.</summary>
internal sealed record AgentArguments
{
    public const string Help =
        """
        guesttune-agent: lets the host of this virtual machine tune it, over a virtio-serial port.

        Usage: guesttune-agent [OPTION...]

          --port NAME        name of the port (default: org.guesttune.agent.0)
          --config FILE      what a host may do (default: /etc/guesttune/agent.conf)
          --state DIR        journal of what was changed (default: /var/lib/guesttune)
          --root DIR         tune the tree below DIR in place of the running system
          --log-level LEVEL  debug, information, warning or error (default: information)
          --version          print the version and exit
          -h, --help         print this and exit

        Exit codes: 0 stopped, 1 failed, 2 wrong command line, 3 no port to serve (missing, busy or unplugged).
        """;

    public AgentOptions Options { get; private init; } = new();

    public LogLevel LogLevel { get; private init; } = LogLevel.Information;

    public bool ShowsHelp { get; private init; }

    public bool ShowsVersion { get; private init; }

    /// <summary>Every mistake at once; the result is of no use unless there is none.</summary>
    public static AgentArguments Parse(ReadOnlySpan<string> arguments, out IReadOnlyList<string> mistakes)
    {
        var parsed = new AgentArguments();
        var found = new List<string>();
        for (var i = 0; i < arguments.Length; i++)
        {
            var (name, value) = Split(arguments[i]);
            switch (name)
            {
                case "--help" or "-h" or "--version" when value is not null:
                    found.Add($"{name} takes no value; it is given '{value}'");
                    continue;
                case "--help" or "-h":
                    parsed = parsed with { ShowsHelp = true };
                    continue;
                case "--version":
                    parsed = parsed with { ShowsVersion = true };
                    continue;
                case "--port" or "--config" or "--state" or "--root" or "--log-level":
                    break;
                default:
                    found.Add($"'{arguments[i]}' is not an option; --help lists them");
                    continue;
            }

            if (value is null && i + 1 < arguments.Length && !arguments[i + 1].StartsWith("--", StringComparison.Ordinal))
            {
                value = arguments[++i];
            }

            if (string.IsNullOrEmpty(value))
            {
                found.Add($"{name} needs a value: {name} VALUE or {name}=VALUE");
                continue;
            }

            parsed = parsed.With(name, value, found);
        }

        found.AddRange(parsed.Options.Validate());
        mistakes = found;
        return parsed;
    }

    private AgentArguments With(string name, string value, List<string> mistakes) => name switch
    {
        "--port" => this with { Options = Options with { PortName = value } },
        "--config" => this with { Options = Options with { ConfigPath = value } },
        "--state" => this with { Options = Options with { StateDirectory = value } },
        "--root" => this with { Options = Options with { Root = value } },
        _ => WithLogLevel(value, mistakes),
    };

    private AgentArguments WithLogLevel(string value, List<string> mistakes)
    {
        LogLevel? level = value switch
        {
            "debug" => LogLevel.Debug,
            "information" => LogLevel.Information,
            "warning" => LogLevel.Warning,
            "error" => LogLevel.Error,
            _ => null,
        };
        if (level is null)
        {
            mistakes.Add($"--log-level is '{value}'; it can be debug, information, warning or error");
        }

        return this with { LogLevel = level ?? LogLevel };
    }

    private static (string Name, string? Value) Split(string argument)
    {
        var equals = argument.IndexOf('=', StringComparison.Ordinal);
        return equals < 0 ? (argument, null) : (argument[..equals], argument[(equals + 1)..]);
    }
}
