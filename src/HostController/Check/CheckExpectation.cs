namespace GuestTune.Controller.Check;

/// <summary>What is expected of a practice; that it has failed or drifted, or waits for a restart, is never right.</summary>
internal enum CheckExpectation
{
    /// <summary>There or not: it is for its operator to say.</summary>
    Either,

    /// <summary>There, and proven; what this machine cannot have is not missed.</summary>
    Wanted,

    /// <summary>Not in force.</summary>
    Unwanted,
}
