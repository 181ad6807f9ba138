using System.Security.Cryptography;

namespace GuestTune.MeasuredBoot.Tpm;

/// <summary>
/// The public part of a key: TPMT_PUBLIC (TPM 2.0 Library part 2, 12.2.4), as far as it is RSA, or ECC on P-256 or P-384. Immutable bytes and what they say.
/// </summary>
public sealed class TpmPublic
{
    private const ushort NistP256 = 0x0003;
    private const ushort NistP384 = 0x0004;
    private const int P256SizeBytes = 32;
    private const int P384SizeBytes = 48;
    private const int MaximumModulusSizeBytes = 512;
    private const int MaximumSizeBytes = 1024;
    private const uint DefaultExponent = 65537;

    private readonly byte[] _bytes;

    private TpmPublic(byte[] bytes, TpmAlgorithm type, TpmAlgorithm nameAlgorithm, TpmKeyAttributes attributes)
    {
        _bytes = bytes;
        Type = type;
        NameAlgorithm = nameAlgorithm;
        Attributes = attributes;
    }

    public TpmAlgorithm Type { get; }

    public TpmAlgorithm NameAlgorithm { get; }

    public TpmKeyAttributes Attributes { get; }

    /// <summary>Scheme of a signing key, else <see cref="TpmAlgorithm.Null"/>.</summary>
    public TpmAlgorithm Scheme { get; private init; }

    public TpmAlgorithm SchemeHash { get; private init; }

    /// <summary>Of an ECC key; both empty for RSA, each as long as the curve's field otherwise.</summary>
    public (byte[] X, byte[] Y) Point { get; private init; } = ([], []);

    /// <summary>Of an RSA key; empty for ECC.</summary>
    public byte[] Modulus { get; private init; } = [];

    public uint Exponent { get; private init; }

    /// <summary>AES key bits of a storage key, else 0.</summary>
    public int SymmetricKeyBits { get; private init; }

    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>TPM2B_NAME without its length: the algorithm and the hash of the public area (TPM 2.0 Library part 1, 16).</summary>
    /// <exception cref="TpmFormatException">The name algorithm is none that can be computed here.</exception>
    public byte[] ComputeName()
    {
        var bank = PcrBank.Find(NameAlgorithm) is { CanHash: true } known ? known : throw new TpmFormatException($"a key's name algorithm 0x{(ushort)NameAlgorithm:x4} is not supported");
        return new TpmWriter().UInt16((ushort)NameAlgorithm).Bytes(bank.Hash(_bytes)).ToArray();
    }

    /// <exception cref="TpmFormatException">Not a public area of a key that is known here.</exception>
    public static TpmPublic Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaximumSizeBytes)
        {
            throw new TpmFormatException($"a public key has {bytes.Length} bytes; at most {MaximumSizeBytes} make sense");
        }

        var reader = new TpmReader(bytes);
        var type = (TpmAlgorithm)reader.UInt16();
        var nameAlgorithm = (TpmAlgorithm)reader.UInt16();
        var attributes = (TpmKeyAttributes)reader.UInt32();
        reader.Sized(); // authPolicy
        var symmetricKeyBits = ReadSymmetric(ref reader);
        var (scheme, schemeHash) = ReadScheme(ref reader);
        TpmPublic key;
        switch (type)
        {
            case TpmAlgorithm.Ecc:
                var size = reader.UInt16() switch
                {
                    NistP256 => P256SizeBytes,
                    NistP384 => P384SizeBytes,
                    var curve => throw new TpmFormatException($"an ECC key is on curve 0x{curve:x4}; NIST P-256 and P-384 are supported"),
                };
                ReadScheme(ref reader); // kdf
                var x = ReadCoordinate(ref reader, size);
                var y = ReadCoordinate(ref reader, size);
                key = new TpmPublic(bytes.ToArray(), type, nameAlgorithm, attributes)
                {
                    Scheme = scheme, SchemeHash = schemeHash, SymmetricKeyBits = symmetricKeyBits, Point = (x, y),
                };
                break;
            case TpmAlgorithm.Rsa:
                reader.UInt16(); // keyBits: the modulus says it
                var exponent = reader.UInt32();
                var modulus = reader.Sized(MaximumModulusSizeBytes).ToArray();
                key = new TpmPublic(bytes.ToArray(), type, nameAlgorithm, attributes)
                {
                    Scheme = scheme,
                    SchemeHash = schemeHash,
                    SymmetricKeyBits = symmetricKeyBits,
                    Modulus = modulus,
                    Exponent = exponent == 0 ? DefaultExponent : exponent,
                };
                break;
            default:
                throw new TpmFormatException($"a key is of type 0x{(ushort)type:x4}; RSA and ECC are supported");
        }

        reader.ExpectEnd("a public key");
        return key;
    }

    /// <exception cref="CryptographicException">The point is not on the curve.</exception>
    public ECParameters ToEcParameters() => new()
    {
        Curve = Point.X.Length == P384SizeBytes ? ECCurve.NamedCurves.nistP384 : ECCurve.NamedCurves.nistP256,
        Q = new ECPoint { X = Point.X, Y = Point.Y },
    };

    public RSAParameters ToRsaParameters() => new()
    {
        Modulus = Modulus,
        Exponent = Exponent == DefaultExponent ? [1, 0, 1] : [.. BitConverter.GetBytes(Exponent).Reverse().SkipWhile(static b => b == 0)],
    };

    private static byte[] ReadCoordinate(ref TpmReader reader, int sizeBytes)
    {
        // A TPM may leave out leading zeros.
        var bytes = reader.Sized(sizeBytes);
        var padded = new byte[sizeBytes];
        bytes.CopyTo(padded.AsSpan(sizeBytes - bytes.Length));
        return padded;
    }

    private static int ReadSymmetric(ref TpmReader reader)
    {
        if ((TpmAlgorithm)reader.UInt16() is var algorithm and not TpmAlgorithm.Null)
        {
            var bits = reader.UInt16();
            var mode = (TpmAlgorithm)reader.UInt16();
            return algorithm == TpmAlgorithm.Aes && mode == TpmAlgorithm.Cfb && bits is 128 or 192 or 256
                ? bits
                : throw new TpmFormatException($"a storage key uses cipher 0x{(ushort)algorithm:x4} of {bits} bits in mode 0x{(ushort)mode:x4}; AES in CFB is supported");
        }

        return 0;
    }

    private static (TpmAlgorithm Scheme, TpmAlgorithm Hash) ReadScheme(ref TpmReader reader)
    {
        var scheme = (TpmAlgorithm)reader.UInt16();
        return scheme == TpmAlgorithm.Null ? (scheme, TpmAlgorithm.Null) : (scheme, (TpmAlgorithm)reader.UInt16());
    }
}
