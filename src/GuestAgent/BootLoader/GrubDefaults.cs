using GuestTune.Practices.Files;

namespace GuestTune.Agent.BootLoader;

/// <summary>/etc/default/grub itself, where grub-mkconfig reads no directory beside it: our arguments go into the value that is there, within its quotes.</summary>
internal sealed class GrubDefaults(RootedFileSystem files, OwnArguments record) : IGrubSource
{
    public const string DefaultPath = "/etc/default/grub";

    /// <summary>What comes last on the line first.</summary>
    private static readonly string[] Variables = ["GRUB_CMDLINE_LINUX_DEFAULT", "GRUB_CMDLINE_LINUX"];

    private const string Marker = "# Added by GuestTune\n";
    private const string EmptyLine = "GRUB_CMDLINE_LINUX_DEFAULT=\"\"\n";

    public string Path => DefaultPath;

    public IReadOnlyList<KernelArgument> ReadOwn() => record.Read();

    public IReadOnlyList<BootEdit> Edit(IReadOnlyList<KernelArgument> own)
    {
        var text = files.ReadRequired(Path);
        return [new BootEdit(Path, text, Exchange(text, Path, ReadOwn(), own)), record.Edit(own)];
    }

    /// <exception cref="IOException">The file cannot be understood.</exception>
    public static string Exchange(string text, string path, IReadOnlyList<KernelArgument> former, IReadOnlyList<KernelArgument> own)
    {
        var assignments = ShellFile.FindAssignments(text, path);
        foreach (var variable in Variables)
        {
            for (var i = assignments.Count - 1; i >= 0; i--)
            {
                if (string.Equals(assignments[i].Name, variable, StringComparison.Ordinal))
                {
                    var edited = Exchange(text, assignments[i], former, own);
                    return own.Count == 0 && edited.StartsWith(Marker + EmptyLine, StringComparison.Ordinal) ? edited[(Marker.Length + EmptyLine.Length)..] : edited;
                }
            }
        }

        // At the top, where taking it away again restores every byte.
        return own.Count == 0 ? text : Exchange(Marker + EmptyLine + text, path, [], own);
    }

    private static string Exchange(string text, ShellAssignment assignment, IReadOnlyList<KernelArgument> former, IReadOnlyList<KernelArgument> own)
    {
        var value = text[assignment.Start..assignment.End];
        var edited = value is ['"' or '\'', .., '"' or '\''] && value[0] == value[^1] && value.AsSpan(1, value.Length - 2).IndexOf(value[0]) < 0
            ? value[0] + ArgumentLine.Exchange(value[1..^1], former, own) + value[^1]
            : ExchangeUnquoted(value, former, own);
        return string.Concat(text.AsSpan(0, assignment.Start), edited, text.AsSpan(assignment.End));
    }

    /// <summary>A value that no single pair of quotes holds: each argument is put behind it with an escaped blank, which the shell reads as one word.</summary>
    private static string ExchangeUnquoted(string value, IReadOnlyList<KernelArgument> former, IReadOnlyList<KernelArgument> own)
    {
        for (var i = former.Count - 1; i >= 0; i--)
        {
            var added = "\\ " + former[i].Text;
            value = value.EndsWith(added, StringComparison.Ordinal) ? value[..^added.Length] : value;
        }

        return value + string.Concat(own.Select(static a => "\\ " + a.Text));
    }
}
