using System.CommandLine;
using System.CommandLine.Parsing;
using GuestTune.Controller.Fleet;

namespace GuestTune.Controller.Cli;

/// <summary>The options that every command takes.</summary>
internal sealed class GlobalOptions
{
    public Option<string?> Inventory { get; } = new("--inventory")
    {
        HelpName = "FILE",
        Description = "VMs from this YAML file (default: $GUESTTUNE_INVENTORY, else /etc/guesttune/inventory.yaml where it exists)",
        Recursive = true,
    };

    public Option<string?> Connect { get; } = new("--connect", "-c")
    {
        HelpName = "URI",
        Description = "VMs from this libvirt (default: qemu:///system where libvirt runs and no inventory was named)",
        Recursive = true,
    };

    public Option<string?> Controller { get; } = new("--controller")
    {
        HelpName = "unix:///PATH",
        Description = "use the controller daemon at this socket (default: $GUESTTUNE_CONTROLLER, else /run/guesttune/controller.sock where a daemon listens)",
        Recursive = true,
    };

    public Option<bool> NoDaemon { get; } = new("--no-daemon")
    {
        Description = "do the work in this process even where a controller daemon runs",
        Recursive = true,
    };

    public Option<string?> State { get; } = new("--state")
    {
        HelpName = "DIR",
        Description = "what the controller remembers: keys of TPMs, baselines, audit, restarts under way (default: $GUESTTUNE_STATE, else /var/lib/guesttune/controller; ~/.local/state/guesttune for users other than root)",
        Recursive = true,
    };

    public Option<OutputFormat> Output { get; } = new("--output", "-o")
    {
        HelpName = "table|json",
        Description = "how to write the result (default: table)",
        Recursive = true,
        CustomParser = ParseFormat,
    };

    public Option<bool> NoColor { get; } = new("--no-color")
    {
        Description = "no colours; so does a $NO_COLOR that is not empty",
        Recursive = true,
    };

    public Option<string?> Timeout { get; } = NumberOption.Create(
        "--timeout", "SECONDS", $"time limit for each VM (default: {Pacing.DefaultTimeoutMs / 1000}, more for what takes longer)", 0.001, Pacing.LargestTimeoutMs / 1000, whole: false);

    public Option<string?> Parallel { get; } = NumberOption.Create(
        "--parallel", "N", $"so many VMs at once (default: {Pacing.DefaultMaxParallel})", 1, Pacing.LargestMaxParallel, whole: true);

    public GlobalOptions()
    {
        Timeout.Recursive = true;
        Parallel.Recursive = true;
        Output.CompletionSources.Clear();
        Output.CompletionSources.Add("json", "table");
        foreach (var option in new[] { Inventory, Connect, Controller, State })
        {
            // A script's variable that is not set must not fall back to all VMs of the host.
            option.Validators.Add(result =>
            {
                if (result.Tokens is [{ Value.Length: 0 }])
                {
                    result.AddError($"{option.Name} is empty; give its value, or leave the option out");
                }
            });
        }

        Controller.Validators.Add(result =>
        {
            if (IsGiven(result, Inventory) || IsGiven(result, Connect) || IsGiven(result, NoDaemon) || IsGiven(result, State))
            {
                result.AddError("--controller excludes --inventory, --connect, --state and --no-daemon: a daemon has its own");
            }
        });
    }

    public void AddTo(Command root)
    {
        root.Add(Inventory);
        root.Add(Connect);
        root.Add(Controller);
        root.Add(NoDaemon);
        root.Add(State);
        root.Add(Output);
        root.Add(NoColor);
        root.Add(Timeout);
        root.Add(Parallel);
    }

    public static bool IsGiven(SymbolResult result, Option option) => result.GetResult(option) is { Implicit: false };

    private static OutputFormat ParseFormat(ArgumentResult result)
    {
        var text = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";
        switch (text)
        {
            case "table":
                return OutputFormat.Table;
            case "json":
                return OutputFormat.Json;
            default:
                result.AddError($"--output cannot be '{Rendering.TerminalText.Escape(text, 40)}'; it must be table or json");
                return OutputFormat.Table;
        }
    }
}
