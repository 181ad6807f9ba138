namespace GuestTune.MeasuredBoot.EventLog;

/// <summary>How far a log explains a register.</summary>
public enum PcrEvidenceKind
{
    None = 0,

    /// <summary>The events give exactly the register's value.</summary>
    Proven = 1,

    /// <summary>No event, and the register is as it was at the start.</summary>
    Untouched = 2,

    /// <summary>The register was extended by something that the log does not have: the kernel, or a loader without a log.</summary>
    NotCovered = 3,

    /// <summary>The events give another value.</summary>
    Mismatch = 4,
}
