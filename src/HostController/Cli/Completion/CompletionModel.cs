using System.CommandLine;
using System.CommandLine.Completions;

namespace GuestTune.Controller.Cli.Completion;

/// <summary>What the completion scripts need of the command tree.</summary>
/// <param name="Commands">Every command with the words that lead to it.</param>
/// <param name="Options">Every option that takes a value, once, with what completes it.</param>
internal sealed record CompletionModel(IReadOnlyList<CompletionModel.CommandEntry> Commands, IReadOnlyList<CompletionModel.OptionEntry> Options)
{
    public sealed record CommandEntry(string Path, IReadOnlyList<string> Subcommands, IReadOnlyList<string> Options, bool TakesVms);

    /// <param name="Values">What it can be; none where anything can.</param>
    /// <param name="IsFile">A path completes it.</param>
    /// <param name="SelectsVms">It decides which VMs there are, so completion of VMs must be given it.</param>
    public sealed record OptionEntry(IReadOnlyList<string> Names, IReadOnlyList<string> Values, bool IsFile, bool SelectsVms);

    public static CompletionModel Of(RootCommand root)
    {
        var commands = new List<CommandEntry>();
        var options = new Dictionary<string, OptionEntry>(StringComparer.Ordinal);
        Walk(root, "", []);
        return new CompletionModel(commands, [.. options.Values]);

        void Walk(Command command, string path, IReadOnlyList<Option> inherited)
        {
            var all = command.Options.Concat(inherited).Where(o => !o.Hidden).ToArray();
            foreach (var option in all.Where(o => o.Arity.MaximumNumberOfValues > 0 && o.ValueType != typeof(bool)))
            {
                options.TryAdd(option.Name, new OptionEntry(
                    [option.Name, .. option.Aliases],
                    [.. option.GetCompletions(CompletionContext.Empty).Select(c => c.Label)],
                    option.HelpName is "FILE" or "unix:///PATH" or "PATH" or "DIR",
                    option.Name is "--inventory" or "--connect" or "--controller"));
            }

            var visible = command.Subcommands.Where(c => !c.Hidden).ToArray();
            commands.Add(new CommandEntry(
                path,
                [.. visible.Select(c => c.Name)],
                [.. all.SelectMany(o => o.Aliases.Prepend(o.Name)).Where(n => n is not "-?").Distinct(StringComparer.Ordinal)],
                command.Arguments.Any(a => string.Equals(a.Name, "VM", StringComparison.Ordinal))));
            var recursive = all.Where(o => o.Recursive).ToArray();
            foreach (var child in visible)
            {
                Walk(child, path.Length == 0 ? child.Name : $"{path} {child.Name}", recursive);
            }
        }
    }
}
