using System.Numerics;
using System.Security.Cryptography;
using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.MeasuredBoot.Attestation;

/// <summary>RSAES-OAEP with a label (RFC 8017, 7.1.1), for encryption with a public key alone: .NET's has no label.</summary>
internal static class OaepWithLabel
{
    public static byte[] Encrypt(RSAParameters key, PcrBank hash, ReadOnlySpan<byte> label, ReadOnlySpan<byte> message)
    {
        var size = key.Modulus!.Length;
        var digestSize = hash.DigestSizeBytes;
        if (message.Length > size - (2 * digestSize) - 2)
        {
            throw new CryptographicException($"a key of {size} bytes is too short for {message.Length} bytes");
        }

        // EM = 00 | maskedSeed | maskedDB, with DB = hash of the label | zeros | 01 | message
        var encoded = new byte[size];
        var seed = encoded.AsSpan(1, digestSize);
        var block = encoded.AsSpan(1 + digestSize);
        hash.Hash(label).CopyTo(block);
        block[^(message.Length + 1)] = 1;
        message.CopyTo(block[^message.Length..]);
        RandomNumberGenerator.Fill(seed);
        Mask(hash, seed, block);
        Mask(hash, block, seed);

        var modulus = new BigInteger(key.Modulus, isUnsigned: true, isBigEndian: true);
        var exponent = new BigInteger(key.Exponent, isUnsigned: true, isBigEndian: true);
        if (modulus.IsEven || modulus < 3)
        {
            throw new CryptographicException("the modulus is not one of an RSA key");
        }

        var cipher = BigInteger.ModPow(new BigInteger(encoded, isUnsigned: true, isBigEndian: true), exponent, modulus).ToByteArray(isUnsigned: true, isBigEndian: true);
        var padded = new byte[size];
        cipher.CopyTo(padded.AsSpan(size - cipher.Length));
        return padded;
    }

    /// <summary>MGF1 (RFC 8017, B.2.1), applied at once.</summary>
    private static void Mask(PcrBank hash, ReadOnlySpan<byte> seed, Span<byte> target)
    {
        for (uint counter = 0; !target.IsEmpty; counter++)
        {
            var mask = hash.Hash(new TpmWriter().Bytes(seed).UInt32(counter).Written);
            var count = Math.Min(mask.Length, target.Length);
            for (var i = 0; i < count; i++)
            {
                target[i] ^= mask[i];
            }

            target = target[count..];
        }
    }
}
