namespace GuestTune.Practices;

/// <summary>Where an operation stands.</summary>
public enum OperationState
{
    Unspecified = 0,

    /// <summary>In the journal without an outcome: running, or cut off by a crash.</summary>
    Begun = 1,

    Done = 2,

    /// <summary>Everything was as desired already.</summary>
    Unchanged = 3,

    Failed = 4,
    Undone = 5,
}
