using System.Diagnostics;

namespace Grpc.Core;

/// <summary>How a call ended: the grpc-status and grpc-message of its trailers
/// (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#responses).</summary>
[DebuggerDisplay("{ToString(),nq}")]
public struct Status : IEquatable<Status>
{
    /// <summary>OK without a detail.</summary>
    public static readonly Status DefaultSuccess = new(StatusCode.OK, "");

    /// <summary>CANCELLED without a detail.</summary>
    public static readonly Status DefaultCancelled = new(StatusCode.Cancelled, "");

    /// <summary>A status that goes on the wire as it is here.</summary>
    public Status(StatusCode statusCode, string detail)
        : this(statusCode, detail, debugException: null)
    {
    }

    /// <summary>A status with the exception that led to it; the exception never leaves this process.</summary>
    public Status(StatusCode statusCode, string detail, Exception? debugException)
    {
        StatusCode = statusCode;
        Detail = detail;
        DebugException = debugException;
    }

    /// <summary>The code, 0 for success.</summary>
    public StatusCode StatusCode { get; }

    /// <summary>The message for whoever debugs the call; any Unicode text.</summary>
    public string Detail { get; }

    /// <summary>What happened in this process, if it was here that the call failed.</summary>
    public Exception? DebugException { get; }

    /// <summary>Compares code and detail, not the exception.</summary>
    public static bool operator ==(Status left, Status right) => left.Equals(right);

    /// <summary>Compares code and detail, not the exception.</summary>
    public static bool operator !=(Status left, Status right) => !left.Equals(right);

    /// <inheritdoc />
    public readonly bool Equals(Status other) =>
        StatusCode == other.StatusCode && string.Equals(Detail, other.Detail, StringComparison.Ordinal);

    /// <inheritdoc />
    public override readonly bool Equals(object? obj) => obj is Status other && Equals(other);

    /// <inheritdoc />
    public override readonly int GetHashCode() => HashCode.Combine(StatusCode, Detail);

    /// <inheritdoc />
    public override readonly string ToString() => DebugException is null
        ? $"Status(StatusCode=\"{StatusCode}\", Detail=\"{Detail}\")"
        : $"Status(StatusCode=\"{StatusCode}\", Detail=\"{Detail}\", DebugException=\"{DebugException.GetType()}: {DebugException.Message}\")";
}
