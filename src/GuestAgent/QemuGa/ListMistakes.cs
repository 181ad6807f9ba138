namespace GuestTune.Agent.QemuGa;

/// <summary>
/// Finds lists that block less than they seem to. The common one separates commands by spaces: qemu-ga splits at commas alone, and
/// systemd at spaces, so that of <c>--blacklist=guest-file-open guest-file-close</c> only the first is blocked, and of the same in quotes none.
/// </summary>
internal static class ListMistakes
{
    private const string Prefix = "guest-";

    /// <summary>Commands that somebody wanted to block, and that no list blocks.</summary>
    public static IReadOnlyList<string> MeantOnly(QemuGaState state, IReadOnlyList<string> blocked)
        => [.. new SortedSet<string>(Meant(state).Except(blocked, StringComparer.Ordinal), StringComparer.Ordinal)];

    public static IEnumerable<string> Describe(QemuGaState state)
    {
        var arguments = state.Process is null ? state.StartArguments : state.Arguments;
        var lists = arguments.Lists.And(state.Configuration);
        var strays = arguments.Strays.SelectMany(Names).ToArray();
        if (strays.Length > 0)
        {
            yield return $"{string.Join(", ", strays)} stand behind a space among the arguments, so they are no part of the block list: qemu-ga ignores them. Its lists are separated by commas, without spaces";
        }

        foreach (var item in lists.Blocked.Where(HasBlank))
        {
            yield return $"'{item}' is one name to qemu-ga, which splits lists at commas alone: it blocks nothing";
        }

        foreach (var item in lists.Blocked.Where(b => !HasBlank(b) && state.Commands.Count > 0 && !state.Commands.Contains(b, StringComparer.Ordinal)))
        {
            yield return $"'{item}' in the block list is no command of this qemu-ga: it blocks nothing";
        }
    }

    private static IEnumerable<string> Meant(QemuGaState state)
    {
        var arguments = state.Process is null ? state.StartArguments : state.Arguments;
        return arguments.Strays.Concat(arguments.Lists.And(state.Configuration).Blocked.Where(HasBlank)).SelectMany(Names);
    }

    private static IEnumerable<string> Names(string text)
        => text.Split([' ', '\t', ','], StringSplitOptions.RemoveEmptyEntries).Where(static n => n.StartsWith(Prefix, StringComparison.Ordinal) && RpcName.IsValid(n));

    private static bool HasBlank(string item) => item.AsSpan().ContainsAny(' ', '\t');
}
