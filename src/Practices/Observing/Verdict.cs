namespace GuestTune.Practices;

/// <summary>The one word that sums up what a practice saw; the same words as practice.proto.</summary>
public enum Verdict
{
    Unspecified = 0,

    /// <summary>This machine cannot have it; the reason says why.</summary>
    NotApplicable = 1,

    /// <summary>Could be had and is not configured.</summary>
    Absent = 2,

    /// <summary>Configured, without proof that it has an effect; the reason says what is missing.</summary>
    Configured = 3,

    /// <summary>Waits for what the reason names, e.g. a reboot of the guest.</summary>
    Pending = 4,

    /// <summary>Proven by its effect.</summary>
    Effective = 5,

    /// <summary>Was set by GuestTune and has been changed by somebody else since.</summary>
    Drifted = 6,

    Failed = 7,
}
