namespace GuestTune.Agent.BootLoader;

/// <summary>Finds what a change of the command line took away that was not ours.</summary>
internal static class ForeignArguments
{
    /// <param name="own">Ours before the change: those may go.</param>
    /// <returns>For each entry that is in both, the arguments that it lost.</returns>
    public static IReadOnlyList<string> WhichAreLost(NextBoot before, NextBoot after, IReadOnlyList<KernelArgument> own)
    {
        var lost = new List<string>();
        foreach (var entry in before.Entries)
        {
            if (entry.IsRecovery || after.Entries.FirstOrDefault(e => IsSame(e, entry)) is not { } now)
            {
                continue;
            }

            var kept = Texts(now.CommandLine);
            var foreign = Texts(ArgumentLine.Exchange(entry.CommandLine, own, []));
            lost.AddRange(foreign.Where(text => !kept.Remove(text)).Select(text => $"{text} ({entry.Title})"));
        }

        return lost;
    }

    private static bool IsSame(BootEntry left, BootEntry right)
        => string.Equals(left.Id, right.Id, StringComparison.Ordinal) && string.Equals(left.Kernel, right.Kernel, StringComparison.Ordinal);

    private static List<string> Texts(string line) => [.. ArgumentLine.Parse(line).Select(static t => t.Argument.Text)];
}
