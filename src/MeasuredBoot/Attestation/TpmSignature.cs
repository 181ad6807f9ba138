using System.Security.Cryptography;
using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.MeasuredBoot.Attestation;

/// <summary>A signature by a TPM: TPMT_SIGNATURE (TPM 2.0 Library part 2, 11.3.4), ECDSA, RSASSA or RSAPSS.</summary>
public sealed class TpmSignature
{
    private const int MaximumSizeBytes = 512;

    private readonly TpmAlgorithm _scheme;
    private readonly byte[] _value;

    private TpmSignature(TpmAlgorithm scheme, PcrBank hash, byte[] value)
    {
        _scheme = scheme;
        Hash = hash;
        _value = value;
    }

    public PcrBank Hash { get; }

    /// <exception cref="TpmFormatException">Not a signature of a kind that is known here.</exception>
    public static TpmSignature Parse(ReadOnlySpan<byte> bytes)
    {
        var reader = new TpmReader(bytes);
        var scheme = (TpmAlgorithm)reader.UInt16();
        if (scheme is not (TpmAlgorithm.EcDsa or TpmAlgorithm.RsaSsa or TpmAlgorithm.RsaPss))
        {
            throw new TpmFormatException($"a signature is of scheme 0x{(ushort)scheme:x4}; ECDSA, RSASSA and RSAPSS are supported");
        }

        var algorithm = (TpmAlgorithm)reader.UInt16();
        var hash = PcrBank.Find(algorithm) is { CanHash: true } known ? known : throw new TpmFormatException($"a signature is over a hash 0x{(ushort)algorithm:x4} that is not supported");
        var value = scheme == TpmAlgorithm.EcDsa ? ReadPair(ref reader) : reader.Sized(MaximumSizeBytes).ToArray();
        reader.ExpectEnd("a signature");
        return new TpmSignature(scheme, hash, value);
    }

    public bool Verifies(TpmPublic key, ReadOnlySpan<byte> statement)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (key.Scheme != TpmAlgorithm.Null && (key.Scheme != _scheme || key.SchemeHash != Hash.Algorithm))
        {
            return false;
        }

        try
        {
            switch (_scheme)
            {
                case TpmAlgorithm.EcDsa when key.Type == TpmAlgorithm.Ecc:
                    using (var ecdsa = ECDsa.Create(key.ToEcParameters()))
                    {
                        return ecdsa.VerifyData(statement, _value, Hash.HashName, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
                    }

                case TpmAlgorithm.RsaSsa or TpmAlgorithm.RsaPss when key.Type == TpmAlgorithm.Rsa:
                    using (var rsa = RSA.Create(key.ToRsaParameters()))
                    {
                        return rsa.VerifyData(statement, _value, Hash.HashName, _scheme == TpmAlgorithm.RsaSsa ? RSASignaturePadding.Pkcs1 : RSASignaturePadding.Pss);
                    }

                default:
                    return false;
            }
        }
        catch (CryptographicException)
        {
            // A point that is not on the curve, a modulus that is none: whatever it is, no proof.
            return false;
        }
    }

    /// <summary>r and s, each as wide as the curve; a TPM may leave out leading zeros.</summary>
    private static byte[] ReadPair(ref TpmReader reader)
    {
        const int size = 32;
        var pair = new byte[2 * size];
        for (var i = 1; i <= 2; i++)
        {
            var half = reader.Sized(size);
            half.CopyTo(pair.AsSpan((i * size) - half.Length));
        }

        return pair;
    }
}
