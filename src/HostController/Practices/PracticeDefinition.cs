namespace GuestTune.Controller.Practices;

/// <summary>
/// What the controller and the CLI know about a practice that others carry out: agents in guests, or the host's engine. A further
/// one for guests is one more of these in <see cref="PracticeCatalog"/>: commands, options, completion, checks and tables follow from it.
/// </summary>
internal sealed record PracticeDefinition
{
    /// <summary>As on the wire, in the guest's agent.conf and in its journal, e.g. guest-idle-haltpoll.</summary>
    public required string Id { get; init; }

    /// <summary>As on the command line after <c>get</c> and <c>set</c>, e.g. haltpoll.</summary>
    public required string Word { get; init; }

    public required string Summary { get; init; }

    public required IReadOnlyList<PracticeSetting> Settings { get; init; }

    /// <summary>Settings whose names the caller chooses; null where there are none.</summary>
    public FreeSettings? Free { get; init; }

    /// <summary>Its settings are in files, so that they hold after a reboot whether that was asked for or not.</summary>
    public bool AlwaysPersists { get; init; }

    /// <summary>What <c>--force</c> does that is refused without it; null where nothing is.</summary>
    public string? Force { get; init; }

    /// <summary>How long a change may take where nobody says: emulated guests run boot loaders' generators for half a minute.</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromMilliseconds(Fleet.Pacing.DefaultTimeoutMs);

    /// <summary>Facts beside the settings that a table of many VMs shows: heading and name of the fact.</summary>
    public IReadOnlyList<(string Column, string Fact)> ContextColumns { get; init; } = [];
}
