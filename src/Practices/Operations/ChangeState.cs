namespace GuestTune.Practices;

/// <summary>What became of one change.</summary>
public enum ChangeState
{
    Unspecified = 0,

    /// <summary>Written, read back and equal.</summary>
    Verified = 1,

    /// <summary>Not reached: an earlier change failed.</summary>
    Skipped = 2,

    Failed = 3,

    /// <summary>Was changed, and put back because a later change failed or by an undo.</summary>
    Reverted = 4,
}
