using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace GuestTune.Testing;

/// <summary>A short name for a set of inputs, different as soon as one byte of one of them is.</summary>
internal sealed class ContentKey : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public ContentKey Add(string text) => Add(Encoding.UTF8.GetBytes(text));

    public ContentKey AddFile(string name, string path) => Add(name).Add(File.ReadAllBytes(path));

    public ContentKey Add(ReadOnlySpan<byte> data)
    {
        // The length goes first, so that "ab","c" and "a","bc" differ.
        Span<byte> length = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(length, data.Length);
        _hash.AppendData(length);
        _hash.AppendData(data);
        return this;
    }

    public override string ToString() => Convert.ToHexStringLower(_hash.GetCurrentHash().AsSpan(0, 8));

    public void Dispose() => _hash.Dispose();
}
