using GuestTune.MeasuredBoot.Tpm;
using GuestTune.Practices;

namespace GuestTune.Agent.MeasuredBoot;

/// <summary>Reads registers from the best source that there is: the TPM itself, the kernel's copies in sysfs, tpm2-tools.</summary>
internal sealed class PcrReader(GuestTpm tpm, PcrMemory memory, SysfsPcrs sysfs, ToolPcrs tool)
{
    /// <param name="wanted">None: everything.</param>
    /// <exception cref="PracticeException">No source has an answer; the message says what is wrong with the TPM.</exception>
    public async Task<PcrReading> ReadAsync(IReadOnlyList<PcrSelection> wanted, CancellationToken cancellationToken)
    {
        try
        {
            return await tpm.AskAsync((client, path) => memory.Read(client, path, wanted), cancellationToken);
        }
        catch (PracticeException e) when (ReadElsewhere(e.Message) is { } reading)
        {
            return reading.Only(wanted);
        }
    }

    /// <summary>A TPM 1.2, or none, has no registers of this kind anywhere.</summary>
    private PcrReading? ReadElsewhere(string deviceProblem) => tpm.Look() is { Problem: null } presence
        ? sysfs.Read(presence, deviceProblem) ?? tool.Read(deviceProblem)
        : null;
}
