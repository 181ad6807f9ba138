using System.Buffers;
using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.Agent.MeasuredBoot;

/// <summary>A register's value as hexadecimal digits.</summary>
internal static class PcrText
{
    public static bool TryParse(ReadOnlySpan<char> text, PcrBank bank, out byte[] digest)
    {
        digest = new byte[bank.DigestSizeBytes];
        return text.Length == 2 * digest.Length && Convert.FromHexString(text, digest, out _, out _) == OperationStatus.Done;
    }
}
