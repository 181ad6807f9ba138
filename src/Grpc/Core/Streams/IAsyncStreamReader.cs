namespace Grpc.Core;

/// <summary>The messages that the other side streams, one at a time; a message that is not asked for is not received
/// (https://grpc.io/docs/guides/flow-control/).</summary>
public interface IAsyncStreamReader<out T>
{
    /// <summary>The message that the last <see cref="MoveNext"/> read.</summary>
    T Current { get; }

    /// <summary>Reads the next message; false at the end of the stream.</summary>
    Task<bool> MoveNext(CancellationToken cancellationToken);
}
