using System.Buffers.Text;
using Grpc.Core;

namespace Grpc.Internal.Wire;

/// <summary>Values of "-bin" headers: base64, with padding or without
/// (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests, Binary-Header).</summary>
internal static class BinaryHeader
{
    /// <summary>Adds every value in a header; a comma separates values that HTTP has joined.</summary>
    /// <exception cref="FormatException">The header is not base64.</exception>
    public static void AddTo(Metadata metadata, string key, string header)
    {
        var rest = header.AsSpan();
        while (true)
        {
            var comma = rest.IndexOf(',');
            var value = comma < 0 ? rest : rest[..comma];
            metadata.Add(Metadata.Entry.FromOwnedBytes(key, Decode(value.Trim())));
            if (comma < 0)
            {
                return;
            }

            rest = rest[(comma + 1)..];
        }
    }

    private static byte[] Decode(ReadOnlySpan<char> base64)
    {
        if (base64.Length % 4 == 1)
        {
            throw new FormatException("Invalid base64 header value.");
        }

        Span<char> padded = base64.Length <= 256 ? stackalloc char[base64.Length + 3] : new char[base64.Length + 3];
        base64.CopyTo(padded);
        var length = base64.Length;
        while (length % 4 != 0)
        {
            padded[length++] = '=';
        }

        padded = padded[..length];
        if (!Base64.IsValid(padded, out var decodedLength))
        {
            throw new FormatException("Invalid base64 header value.");
        }

        var decoded = new byte[decodedLength];
        return Convert.TryFromBase64Chars(padded, decoded, out var written) && written == decodedLength
            ? decoded
            : throw new FormatException("Invalid base64 header value.");
    }
}
