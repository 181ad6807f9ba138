namespace GuestTune.Practices;

/// <summary>The kinds of refusal; each is one gRPC status code.</summary>
public enum PracticeError
{
    /// <summary>A name or value that cannot be right on any machine.</summary>
    InvalidArgument,

    /// <summary>Right in itself, but not on this machine or not now.</summary>
    FailedPrecondition,

    /// <summary>An operation or a practice that is not known.</summary>
    NotFound,

    /// <summary>The operation id was used before for a different request.</summary>
    AlreadyExists,

    /// <summary>This machine's administrator does not allow it.</summary>
    PermissionDenied,
}
