namespace Grpc.Core;

/// <summary>Hints for one write (https://github.com/grpc/grpc/blob/master/doc/compression.md#compression-method-asymmetry-between-peers).</summary>
[Flags]
public enum WriteFlags
{
    /// <summary>The message may wait in a buffer for the next one.</summary>
    BufferHint = 0x1,

    /// <summary>The message is not compressed even where the call compresses.</summary>
    NoCompress = 0x2,
}
