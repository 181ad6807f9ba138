namespace Grpc.Core;

/// <summary>A stream of messages to the other side; one write at a time
/// (https://grpc.io/docs/guides/flow-control/).</summary>
public interface IAsyncStreamWriter<in T>
{
    /// <summary>How the following messages are written; null for the defaults.</summary>
    WriteOptions? WriteOptions { get; set; }

    /// <summary>Writes a message; done when the transport has taken it, which waits while the other side does not read.</summary>
    Task WriteAsync(T message);

    /// <summary>As <see cref="WriteAsync(T)"/>; the token cancels the call.</summary>
    /// <exception cref="NotSupportedException">This writer has no cancellable write.</exception>
    Task WriteAsync(T message, CancellationToken cancellationToken) => cancellationToken.CanBeCanceled
        ? throw new NotSupportedException("Cancellation of stream writes is not supported by this gRPC implementation.")
        : WriteAsync(message);
}
