namespace GuestTune.Controller.Practices;

/// <summary>
/// What the controller and the CLI know about a practice that the agent carries out. A further practice is one more of
/// these in <see cref="PracticeCatalog"/>: commands, options, completion, checks and tables follow from it.
/// </summary>
internal sealed record GuestPractice
{
    /// <summary>As on the wire, in the guest's agent.conf and in its journal, e.g. guest-idle-haltpoll.</summary>
    public required string Id { get; init; }

    /// <summary>As on the command line after <c>get</c> and <c>set</c>, e.g. haltpoll.</summary>
    public required string Word { get; init; }

    public required string Summary { get; init; }

    public required IReadOnlyList<PracticeSetting> Settings { get; init; }

    /// <summary>Facts beside the settings that a table of many VMs shows: heading and name of the fact.</summary>
    public IReadOnlyList<(string Column, string Fact)> ContextColumns { get; init; } = [];
}
