using System.CommandLine;
using System.CommandLine.Parsing;
using GuestTune.Controller.Selection;

namespace GuestTune.Controller.Cli;

/// <summary>Which VMs a command is for: names and globs, or <c>--all</c>, and labels that narrow either down.</summary>
internal sealed class SelectionOptions
{
    public Argument<string[]> Names { get; } = new("VM")
    {
        Description = "name of a VM, or a pattern with * ? [abc] (quote it from the shell)",
        Arity = ArgumentArity.ZeroOrMore,
    };

    public Option<bool> All { get; } = new("--all") { Description = "all VMs" };

    public Option<string[]> Labels { get; } = new("--label", "-l")
    {
        HelpName = "KEY[=VALUE]",
        Description = "only VMs with this label; given again, all must match",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
    };

    /// <param name="required">Naming nothing is an error instead of meaning all.</param>
    public void AddTo(Command command, bool required)
    {
        command.Add(Names);
        command.Add(All);
        command.Add(Labels);
        command.Validators.Add(result =>
        {
            var names = result.GetResult(Names)?.Tokens.Count ?? 0;
            var all = result.GetResult(All) is { Implicit: false };
            var labels = result.GetResult(Labels) is { } given ? given.Tokens.Select(t => t.Value).ToArray() : [];
            if (all && names > 0)
            {
                result.AddError("names of VMs and --all exclude each other; give one or the other");
            }
            else if (required && !all && names == 0 && labels.Length == 0)
            {
                result.AddError("no VM is named; name VMs, or select them by --label, or take all of them by --all");
            }

            // What looks like an option is one that was mistyped, not a VM; '[-]x' still finds one that is called so.
            foreach (var option in result.GetResult(Names)?.Tokens.Select(t => t.Value).Where(n => n.StartsWith('-')) ?? [])
            {
                result.AddError($"there is no option '{Rendering.TerminalText.Escape(option, 80)}'{MeantOption(option, result)}");
            }

            foreach (var label in labels)
            {
                if (LabelFilter.TryParse(label) is null)
                {
                    result.AddError($"--label cannot be '{Rendering.TerminalText.Escape(label, 80)}'; give KEY=VALUE, or KEY for any value");
                }
            }
        });
    }

    private static string MeantOption(string option, CommandResult result)
    {
        var known = new List<string>();
        for (SymbolResult? at = result; at is not null; at = at.Parent)
        {
            known.AddRange((at as CommandResult)?.Command.Options.Where(o => !o.Hidden).Select(o => o.Name) ?? []);
        }

        var name = option.Split('=', ':')[0];
        return NearMatches.Of(name, known) is { Count: > 0 } near ? $"; did you mean {string.Join(" or ", near)}?" : "";
    }

    public V1.Selection Read(ParseResult result)
    {
        var selection = new V1.Selection { All = result.GetValue(All) };
        selection.Names.AddRange(result.GetValue(Names) ?? []);
        selection.Labels.AddRange(result.GetValue(Labels) ?? []);
        return selection;
    }
}
