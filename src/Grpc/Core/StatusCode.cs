namespace Grpc.Core;

/// <summary>The codes of grpc-status (https://github.com/grpc/grpc/blob/master/doc/statuscodes.md).</summary>
public enum StatusCode
{
    /// <summary>Not an error.</summary>
    OK = 0,

    /// <summary>Cancelled, mostly by the caller.</summary>
    Cancelled = 1,

    /// <summary>An error of which nothing more is known.</summary>
    Unknown = 2,

    /// <summary>An argument that cannot be right in any state of the system.</summary>
    InvalidArgument = 3,

    /// <summary>The deadline passed before the call was done; it may have had its effect all the same.</summary>
    DeadlineExceeded = 4,

    /// <summary>What was asked for does not exist.</summary>
    NotFound = 5,

    /// <summary>What was to be created exists already.</summary>
    AlreadyExists = 6,

    /// <summary>The caller is known and not allowed to do this.</summary>
    PermissionDenied = 7,

    /// <summary>Some limit is used up: quota, space, message size.</summary>
    ResourceExhausted = 8,

    /// <summary>The system is not in the state that the call needs.</summary>
    FailedPrecondition = 9,

    /// <summary>Given up because of a conflict with another call.</summary>
    Aborted = 10,

    /// <summary>Past the valid range, in a state that may yet change.</summary>
    OutOfRange = 11,

    /// <summary>The server does not have this method.</summary>
    Unimplemented = 12,

    /// <summary>Something that must hold does not.</summary>
    Internal = 13,

    /// <summary>The service cannot be reached for now; worth trying again.</summary>
    Unavailable = 14,

    /// <summary>Data were lost or damaged for good.</summary>
    DataLoss = 15,

    /// <summary>No valid credentials came with the call.</summary>
    Unauthenticated = 16,
}
