using System.Globalization;
using GuestTune.MeasuredBoot.Tpm;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.MeasuredBoot;

/// <summary>Registers that the kernel reads from the TPM for everybody (since Linux 5.12: drivers/char/tpm/tpm-sysfs.c).</summary>
internal sealed class SysfsPcrs(RootedFileSystem files)
{
    /// <summary>The kernel's names of banks, where they are not those of tpm2-tools.</summary>
    private const string Sm3 = "sm3";

    /// <returns>Null where the kernel shows none.</returns>
    public PcrReading? Read(TpmPresence presence, string deviceProblem)
    {
        var banks = new List<PcrSelection>();
        var values = new List<PcrValue>();
        foreach (var bank in PcrBank.All)
        {
            var folder = $"{presence.Folder}/pcr-{(bank.Algorithm == TpmAlgorithm.Sm3 ? Sm3 : bank.Name)}";
            uint mask = 0;
            for (var index = 0; index < PcrSelection.PcrCount && files.DirectoryExists(folder); index++)
            {
                if (files.ReadText($"{folder}/{index.ToString(CultureInfo.InvariantCulture)}").Value is { } text && PcrText.TryParse(text, bank, out var digest))
                {
                    mask |= 1u << index;
                    values.Add(new PcrValue(bank.Algorithm, index, digest));
                }
            }

            if (mask != 0)
            {
                banks.Add(new PcrSelection(bank.Algorithm, mask));
            }
        }

        return banks.Count == 0 ? null : new PcrReading($"{presence.Folder}/pcr-*", deviceProblem, banks, values);
    }
}
