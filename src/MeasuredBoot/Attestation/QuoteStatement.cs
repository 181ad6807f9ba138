using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.MeasuredBoot.Attestation;

/// <summary>What a TPM states in a quote: TPMS_ATTEST of type TPM_ST_ATTEST_QUOTE (TPM 2.0 Library part 2, 10.12.12), not yet believed.</summary>
public sealed record QuoteStatement
{
    /// <summary>0xff and "TCG": a restricted key signs nothing from outside that begins so.</summary>
    private const uint GeneratedByTpm = 0xFF544347;
    private const ushort AttestQuote = 0x8018;
    private const int MaximumNameSizeBytes = 66;
    private const int MaximumNonceSizeBytes = 64;
    private const int MaximumDigestSizeBytes = 64;

    /// <summary>The caller's nonce.</summary>
    public required byte[] Nonce { get; init; }

    /// <summary>Milliseconds that the TPM has been powered, over all of its life since it was last cleared.</summary>
    public required ulong ClockMs { get; init; }

    /// <summary>TPM resets, i.e. starts of the machine, since the TPM was last cleared.</summary>
    public required uint ResetCount { get; init; }

    /// <summary>Resumes and restarts since the last reset.</summary>
    public required uint RestartCount { get; init; }

    /// <summary>Whether no greater clock can have been given out before.</summary>
    public required bool IsClockSafe { get; init; }

    public required ulong FirmwareVersion { get; init; }

    public required IReadOnlyList<PcrSelection> Selections { get; init; }

    /// <summary>Hash over the selected registers, by the hash of the signature's scheme.</summary>
    public required byte[] PcrDigest { get; init; }

    /// <exception cref="TpmFormatException">It is no quote; the message says what it is.</exception>
    public static QuoteStatement Parse(ReadOnlySpan<byte> attest)
    {
        var reader = new TpmReader(attest);
        if (reader.UInt32() is var magic and not GeneratedByTpm)
        {
            throw new TpmFormatException($"the statement begins with 0x{magic:x8}: no TPM made it");
        }

        if (reader.UInt16() is var type and not AttestQuote)
        {
            throw new TpmFormatException($"the statement is of type 0x{type:x4}, and not a quote");
        }

        reader.Sized(MaximumNameSizeBytes); // qualifiedSigner: the key is known by the signature
        var nonce = reader.Sized(MaximumNonceSizeBytes).ToArray();
        var clock = reader.UInt64();
        var resets = reader.UInt32();
        var restarts = reader.UInt32();
        var safe = reader.UInt8();
        var firmware = reader.UInt64();
        var selections = PcrSelection.ReadList(ref reader);
        var digest = reader.Sized(MaximumDigestSizeBytes).ToArray();
        reader.ExpectEnd("a quote");
        return new QuoteStatement
        {
            Nonce = nonce,
            ClockMs = clock,
            ResetCount = resets,
            RestartCount = restarts,
            IsClockSafe = safe == 1,
            FirmwareVersion = firmware,
            Selections = selections,
            PcrDigest = digest,
        };
    }
}
