using System.Numerics;
using System.Runtime.InteropServices;

namespace GuestTune.MeasuredBoot.Tpm;

/// <summary>Some of the 24 registers of one bank: TPMS_PCR_SELECTION (TPM 2.0 Library part 2, 10.6.2).</summary>
/// <param name="Mask">Bit n stands for PCR n.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct PcrSelection(TpmAlgorithm Bank, uint Mask)
{
    public const int PcrCount = 24;
    public const uint AllPcrs = (1u << PcrCount) - 1;
    private const int SelectSizeBytes = PcrCount / 8;

    /// <summary>A TPM has few banks; more than this in an answer is nonsense.</summary>
    private const int MaximumBanks = 16;

    public int Count => BitOperations.PopCount(Mask);

    /// <summary>In ascending order, as a TPM reports and hashes them.</summary>
    public IEnumerable<int> Indices
    {
        get
        {
            for (var rest = Mask; rest != 0; rest &= rest - 1)
            {
                yield return BitOperations.TrailingZeroCount(rest);
            }
        }
    }

    public bool Contains(int index) => index is >= 0 and < PcrCount && (Mask & (1u << index)) != 0;

    /// <summary>Which of a bank's registers are among these.</summary>
    public static uint MaskOf(IEnumerable<PcrValue> values, TpmAlgorithm bank) =>
        values.Where(v => v.Bank == bank).Aggregate(0u, static (mask, v) => mask | (1u << v.Index));

    public static void WriteList(TpmWriter writer, params ReadOnlySpan<PcrSelection> selections)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.UInt32((uint)selections.Length);
        foreach (var selection in selections)
        {
            writer.UInt16((ushort)selection.Bank);
            writer.UInt8(SelectSizeBytes);
            for (var i = 0; i < SelectSizeBytes; i++)
            {
                writer.UInt8((byte)(selection.Mask >> (8 * i)));
            }
        }
    }

    /// <exception cref="TpmFormatException">Too many banks, or registers that no TPM has.</exception>
    public static IReadOnlyList<PcrSelection> ReadList(ref TpmReader reader)
    {
        var count = reader.Count(MaximumBanks, "PCR banks");
        var selections = new List<PcrSelection>(count);
        for (var i = 0; i < count; i++)
        {
            selections.Add(new PcrSelection((TpmAlgorithm)reader.UInt16(), ReadMask(ref reader)));
        }

        return selections;
    }

    /// <exception cref="TpmFormatException">Registers that no TPM has.</exception>
    public static uint ReadMask(ref TpmReader reader)
    {
        uint mask = 0;
        var select = reader.Bytes(reader.UInt8());
        for (var b = 0; b < select.Length; b++)
        {
            if (b >= SelectSizeBytes && select[b] != 0)
            {
                throw new TpmFormatException($"a selection names PCR {8 * b} or later; there are {PcrCount}");
            }

            mask |= b < SelectSizeBytes ? (uint)select[b] << (8 * b) : 0;
        }

        return mask;
    }
}
