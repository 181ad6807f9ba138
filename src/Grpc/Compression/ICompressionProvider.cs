using System.IO.Compression;

namespace Grpc.Net.Compression;

/// <summary>A way to compress messages (https://github.com/grpc/grpc/blob/master/doc/compression.md).</summary>
public interface ICompressionProvider
{
    /// <summary>Its name in grpc-encoding, e.g. "gzip".</summary>
    string EncodingName { get; }

    /// <summary>A stream that writes compressed data to another.</summary>
    Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel);

    /// <summary>A stream that reads compressed data from another.</summary>
    Stream CreateDecompressionStream(Stream stream);
}
