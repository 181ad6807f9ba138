using System.Buffers.Binary;
using System.Buffers.Text;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace GuestTune.Agent.Tests.SealedDisks;

/// <summary>Disks with LUKS2 headers: the one that cryptsetup made (make-luks2-header), and others made after it.</summary>
internal static class LuksImage
{
    public const int HeaderSizeBytes = 0x4000;

    /// <summary>PCR 7, 9 and (signed) 11 in a token of systemd-cryptenroll, 4 and 8 in one of clevis.</summary>
    public static byte[] FromCryptsetup()
    {
        using var packed = new GZipStream(typeof(LuksImage).Assembly.GetManifestResourceStream("luks2-header.gz")!, CompressionMode.Decompress);
        using var image = new MemoryStream();
        packed.CopyTo(image);
        return image.ToArray();
    }

    /// <summary>The true header with other tokens in both copies, and right checksums.</summary>
    public static byte[] WithTokens(string tokens)
    {
        var image = FromCryptsetup();
        foreach (var copy in new[] { 0, 1 })
        {
            SetJson(image, copy, $$$"""{"keyslots":{},"tokens":{{{tokens}}},"segments":{},"digests":{},"config":{"json_size":"12288","keyslots_size":"16744448"}}""");
        }

        return image;
    }

    public static void SetJson(byte[] image, int copy, string json)
    {
        var area = image.AsSpan((copy * HeaderSizeBytes) + 4096, HeaderSizeBytes - 4096);
        area.Clear();
        Encoding.UTF8.GetBytes(json, area);
        Seal(image, copy);
    }

    public static void SetSequence(byte[] image, int copy, ulong sequence)
    {
        BinaryPrimitives.WriteUInt64BigEndian(image.AsSpan((copy * HeaderSizeBytes) + 16), sequence);
        Seal(image, copy);
    }

    public static string Clevis(string header) => $$$"""{"type":"clevis","keyslots":["1"],"jwe":{"protected":"{{{Protected(header)}}}","tag":"x"}}""";

    public static string Protected(string header) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header));

    private static void Seal(byte[] image, int copy)
    {
        var header = image.AsSpan(copy * HeaderSizeBytes, HeaderSizeBytes);
        header.Slice(448, 64).Clear();
        SHA256.HashData(header).CopyTo(header[448..]);
    }
}
