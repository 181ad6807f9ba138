namespace GuestTune.Agent.Policy;

/// <summary>An allow list and a deny list; deny wins.</summary>
/// <param name="Allowed">Null: all names.</param>
internal sealed record NameFilter(IReadOnlySet<string>? Allowed, IReadOnlySet<string>? Denied)
{
    public static NameFilter All { get; } = new(null, new HashSet<string>(StringComparer.Ordinal));

    /// <param name="name">As in the lists, case and all.</param>
    public bool Allows(string name) => Denied is not null && !Denied.Contains(name) && (Allowed is null || Allowed.Contains(name));
}
