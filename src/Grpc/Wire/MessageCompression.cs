using System.Buffers;
using System.IO.Compression;
using Grpc.Core;
using Grpc.Net.Compression;

namespace Grpc.Internal.Wire;

/// <summary>Compresses and decompresses single messages
/// (https://github.com/grpc/grpc/blob/master/doc/compression.md).</summary>
internal static class MessageCompression
{
    private const int ChunkSizeBytes = 16 * 1024;

    public static IReadOnlyDictionary<string, ICompressionProvider> DefaultProviders { get; } = ByName(
        [new GzipCompressionProvider(CompressionLevel.Fastest), new DeflateCompressionProvider(CompressionLevel.Fastest)]);

    public static Dictionary<string, ICompressionProvider> ByName(IEnumerable<ICompressionProvider> providers)
    {
        var byName = new Dictionary<string, ICompressionProvider>(StringComparer.Ordinal);
        foreach (var provider in providers)
        {
            byName.TryAdd(provider.EncodingName, provider);
        }

        return byName;
    }

    public static bool MayCompress(WriteOptions? options) => options is null || (options.Flags & WriteFlags.NoCompress) != WriteFlags.NoCompress;

    public static ReadOnlyMemory<byte> Compress(ICompressionProvider provider, CompressionLevel? level, ReadOnlySpan<byte> message)
    {
        var output = new MemoryStream();

        // The stream writes its checksum only when it is disposed.
        using (var compression = provider.CreateCompressionStream(output, level))
        {
            compression.Write(message);
        }

        return output.TryGetBuffer(out var written) ? written : output.ToArray();
    }

    /// <summary>Decompresses a message, which must not grow past the limit: a few bytes could otherwise fill the memory.</summary>
    public static ReadOnlySequence<byte> Decompress(ICompressionProvider provider, in ReadOnlySequence<byte> message, int? maxSizeBytes)
    {
        var output = new ArrayBufferWriter<byte>();
        using var decompression = provider.CreateDecompressionStream(new MemoryStream(message.ToArray(), writable: false));
        int readBytes;
        while ((readBytes = decompression.Read(output.GetSpan(ChunkSizeBytes))) > 0)
        {
            output.Advance(readBytes);
            if (output.WrittenCount > maxSizeBytes)
            {
                throw MessageErrors.ReceivedMessageTooLarge();
            }
        }

        return new ReadOnlySequence<byte>(output.WrittenMemory);
    }
}
