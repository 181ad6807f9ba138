using System.Security.Cryptography;

namespace GuestTune.MeasuredBoot.Tpm;

/// <summary>A hash algorithm as a bank of PCRs: its name in tools, the size of its digests, and its computation where this program has one.</summary>
public sealed class PcrBank
{
    private readonly Func<HashAlgorithmName>? _hash;

    private PcrBank(TpmAlgorithm algorithm, string name, int digestSizeBytes, Func<HashAlgorithmName>? hash)
    {
        Algorithm = algorithm;
        Name = name;
        DigestSizeBytes = digestSizeBytes;
        _hash = hash;
    }

    public static PcrBank Sha1 { get; } = new(TpmAlgorithm.Sha1, "sha1", 20, static () => HashAlgorithmName.SHA1);

    public static PcrBank Sha256 { get; } = new(TpmAlgorithm.Sha256, "sha256", 32, static () => HashAlgorithmName.SHA256);

    public static PcrBank Sha384 { get; } = new(TpmAlgorithm.Sha384, "sha384", 48, static () => HashAlgorithmName.SHA384);

    public static PcrBank Sha512 { get; } = new(TpmAlgorithm.Sha512, "sha512", 64, static () => HashAlgorithmName.SHA512);

    /// <summary>Every algorithm that a bank can have; the names are those of tpm2-tools.</summary>
    public static IReadOnlyList<PcrBank> All { get; } =
    [
        Sha1, Sha256, Sha384, Sha512,
        new(TpmAlgorithm.Sm3, "sm3_256", 32, null),
        new(TpmAlgorithm.Sha3256, "sha3_256", 32, null),
        new(TpmAlgorithm.Sha3384, "sha3_384", 48, null),
        new(TpmAlgorithm.Sha3512, "sha3_512", 64, null),
    ];

    public TpmAlgorithm Algorithm { get; }

    public string Name { get; }

    public int DigestSizeBytes { get; }

    /// <summary>Whether digests of this bank can be computed here; others are shown and compared, and never proven.</summary>
    public bool CanHash => _hash is not null;

    /// <exception cref="NotSupportedException">See <see cref="CanHash"/>.</exception>
    public HashAlgorithmName HashName => _hash?.Invoke() ?? throw new NotSupportedException($"digests of {Name} cannot be computed here");

    public static PcrBank? Find(TpmAlgorithm algorithm) => All.FirstOrDefault(b => b.Algorithm == algorithm);

    public static PcrBank? Find(string name) => All.FirstOrDefault(b => string.Equals(b.Name, name, StringComparison.OrdinalIgnoreCase));

    public byte[] Hash(ReadOnlySpan<byte> data) => CryptographicOperations.HashData(HashName, data);

    /// <summary>What TPM2_PCR_Extend makes of a register: the hash of the old value and the digest (TPM 2.0 Library part 1, 17.3).</summary>
    public byte[] Extend(ReadOnlySpan<byte> value, ReadOnlySpan<byte> digest)
    {
        var extended = value.ToArray();
        ExtendInPlace(extended, digest);
        return extended;
    }

    /// <inheritdoc cref="Extend"/>
    public void ExtendInPlace(Span<byte> value, ReadOnlySpan<byte> digest)
    {
        Span<byte> both = stackalloc byte[value.Length + digest.Length];
        value.CopyTo(both);
        digest.CopyTo(both[value.Length..]);
        CryptographicOperations.HashData(HashName, both, value);
    }

    public override string ToString() => Name;
}
