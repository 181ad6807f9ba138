using System.Globalization;
using System.Text;

namespace Grpc.Internal.Wire;

/// <summary>grpc-message: UTF-8, of which all but printable ASCII, and '%', is written as %XX
/// (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#responses, Percent-Encoded).</summary>
internal static class PercentEncoding
{
    public static string Encode(string text)
    {
        foreach (var c in text)
        {
            if (!IsPlain(c))
            {
                return EncodeBytes(Encoding.UTF8.GetBytes(text));
            }
        }

        return text;
    }

    /// <summary>Never fails: what is not a valid escape stays as it is, as the specification wants.</summary>
    public static string Decode(string encoded)
    {
        if (!encoded.Contains('%', StringComparison.Ordinal))
        {
            return encoded;
        }

        var source = Encoding.UTF8.GetBytes(encoded);
        var length = 0;
        for (var i = 0; i < source.Length; i++)
        {
            if (source[i] == '%'
                && i + 2 < source.Length
                && byte.TryParse(source.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var escaped))
            {
                source[length++] = escaped;
                i += 2;
            }
            else
            {
                source[length++] = source[i];
            }
        }

        return Encoding.UTF8.GetString(source.AsSpan(0, length));
    }

    private static string EncodeBytes(byte[] utf8)
    {
        var encoded = new StringBuilder(utf8.Length * 3);
        foreach (var b in utf8)
        {
            if (IsPlain((char)b))
            {
                encoded.Append((char)b);
            }
            else
            {
                encoded.Append('%').Append(b.ToString("X2", CultureInfo.InvariantCulture));
            }
        }

        return encoded.ToString();
    }

    private static bool IsPlain(char c) => c is >= ' ' and <= '~' and not '%';
}
