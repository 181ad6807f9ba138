using System.Globalization;
using GuestTune.MeasuredBoot.Tpm;
using GuestTune.Practices.Commands;

namespace GuestTune.Agent.MeasuredBoot;

/// <summary>Registers as tpm2_pcrread of tpm2-tools prints them: it knows ways to a TPM that are not a device, as tpm2-abrmd.</summary>
internal sealed class ToolPcrs(ICommandRunner commands)
{
    private static readonly Command Tool = new("tpm2_pcrread");

    /// <returns>Null where the program is not there, or has no answer either.</returns>
    public PcrReading? Read(string deviceProblem)
    {
        if (commands.WhyNotAvailable is not null || commands.Find(Tool.Program) is null)
        {
            return null;
        }

        try
        {
            var result = commands.Run(Tool);
            return result.Succeeded ? Parse(result.Output, deviceProblem) : null;
        }
        catch (CommandException)
        {
            return null;
        }
    }

    /// <summary>"  sha256:" and below it "    0 : 0x00..."; version 4 of the tools indents by two blanks less.</summary>
    private static PcrReading? Parse(string output, string deviceProblem)
    {
        var banks = new List<PcrSelection>();
        var values = new List<PcrValue>();
        foreach (var line in output.AsSpan().EnumerateLines())
        {
            var colon = line.IndexOf(':');
            if (colon < 0)
            {
                continue;
            }

            var key = line[..colon].Trim();
            var value = line[(colon + 1)..].Trim();
            if (value.IsEmpty)
            {
                banks.Add(new PcrSelection(PcrBank.Find(key.ToString())?.Algorithm ?? TpmAlgorithm.None, 0));
            }
            else if (banks.Count > 0 && PcrBank.Find(banks[^1].Bank) is { } bank
                && int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index is >= 0 and < PcrSelection.PcrCount
                && !banks[^1].Contains(index)
                && value.StartsWith("0x", StringComparison.Ordinal) && PcrText.TryParse(value[2..], bank, out var digest))
            {
                banks[^1] = banks[^1] with { Mask = banks[^1].Mask | (1u << index) };
                values.Add(new PcrValue(bank.Algorithm, index, digest));
            }
        }

        banks.RemoveAll(static b => b.Bank == TpmAlgorithm.None);
        return values.Count == 0 ? null : new PcrReading(Tool.Program, deviceProblem, banks, values);
    }
}
