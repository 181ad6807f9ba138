namespace GuestTune.Agent.QemuGa;

/// <summary>Which commands a qemu-ga does not carry out, as its lists say: those blocked, and where there is an allow list, all others.</summary>
/// <param name="Blocked">As given, in any order; one that is no command blocks nothing.</param>
/// <param name="Allowed">Null where there is no such list.</param>
internal sealed record RpcLists(IReadOnlyList<string> Blocked, IReadOnlyList<string>? Allowed)
{
    public static RpcLists None { get; } = new([], null);

    /// <summary>Lists of several sources accumulate (qga/main.c, config_load and config_parse).</summary>
    public RpcLists And(RpcLists other) => new(
        [.. Blocked.Union(other.Blocked, StringComparer.Ordinal)],
        Allowed is null ? other.Allowed : [.. Allowed.Union(other.Allowed ?? [], StringComparer.Ordinal)]);

    /// <summary>The commands that are blocked in the end, sorted.</summary>
    /// <param name="commands">All that this qemu-ga has; empty where that is not known.</param>
    public IReadOnlyList<string> Effective(IReadOnlyList<string> commands)
    {
        var blocked = Blocked.Where(b => commands.Count == 0 || commands.Contains(b, StringComparer.Ordinal));
        var notAllowed = Allowed is null ? [] : commands.Except(Allowed, StringComparer.Ordinal);
        return [.. new SortedSet<string>(blocked.Concat(notAllowed), StringComparer.Ordinal)];
    }

    public bool IsSame(RpcLists other)
        => Blocked.ToHashSet(StringComparer.Ordinal).SetEquals(other.Blocked)
            && (Allowed is null) == (other.Allowed is null)
            && (Allowed ?? []).ToHashSet(StringComparer.Ordinal).SetEquals(other.Allowed ?? []);

    /// <summary>As qemu-ga splits a list: at commas alone, and nothing is trimmed.</summary>
    public static IReadOnlyList<string> Split(string list) => list.Split(',', StringSplitOptions.RemoveEmptyEntries);
}
