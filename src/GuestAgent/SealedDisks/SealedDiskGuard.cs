using System.Globalization;
using GuestTune.Agent.BootLoader;
using GuestTune.Practices;

namespace GuestTune.Agent.SealedDisks;

/// <summary>
/// Keeps a change of the kernel command line from locking a disk: boot loaders measure the command line, and a TPM keeps a
/// key that is sealed to those PCRs for itself when it is another one.
/// </summary>
internal sealed class SealedDiskGuard(SealedDiskFinder disks)
{
    /// <summary>
    /// GRUB measures commands and the command line into 8, and files, with the kernel's copy of the command line, into 9;
    /// systemd-boot and the kernel's EFI stub use 12 and 9; IMA's boot_aggregate carries 8 and 9 into 10.
    /// </summary>
    private static readonly int[] MeasuredPcrs = [8, 9, 10, 12];

    /// <summary>What <see cref="IPractice.CheckHarm"/> asks of every practice that changes the command line.</summary>
    public IReadOnlyList<string> Check(IReadOnlyList<Change> changes, bool force)
    {
        ArgumentNullException.ThrowIfNull(changes);
        if (!changes.Any(static c => c.Item.StartsWith(BootArguments.ItemPrefix, StringComparison.Ordinal)) || Describe() is not { Count: > 0 } dangers)
        {
            return [];
        }

        return force
            ? [.. dangers.Select(static danger => "at the next boot the TPM may keep a key for itself: " + danger)]
            : throw PracticeException.Precondition(
                $"nothing was changed, since another kernel command line changes PCR {List(MeasuredPcrs)} of the TPM: {string.Join("; ", dangers)}. "
                + "Seal to other PCRs first (systemd-cryptenroll --wipe-slot=tpm2 --tpm2-device=auto --tpm2-pcrs=7, clevis luks edit), "
                + "or have the passphrase or the recovery key at hand and use force");
    }

    /// <summary>What another command line would do to this guest's disks; empty where it would do no harm.</summary>
    public IReadOnlyList<string> Describe()
    {
        var survey = disks.Survey();
        var dangers = new List<string>();
        foreach (var disk in survey.Disks)
        {
            foreach (var seal in disk.Seals)
            {
                var measured = seal.Pcrs?.Intersect(MeasuredPcrs).ToArray();
                if (measured is { Length: > 0 })
                {
                    dangers.Add($"{disk.Path} has a key of {seal.Tool} (token {seal.Token}) that is sealed to PCR {List(measured)}{(seal.Note is { } note ? ", " + note : string.Empty)}");
                }
                else if (measured is null)
                {
                    dangers.Add($"{disk.Path} has a key of {seal.Tool} (token {seal.Token}) that is sealed {seal.Note}");
                }
            }
        }

        dangers.AddRange(survey.Unreadable.Select(static u => $"whether {u.Path} is sealed could not be found out ({u.Problem})"));
        return dangers;
    }

    private static string List(IEnumerable<int> numbers) => string.Join(", ", numbers.Select(static n => n.ToString(CultureInfo.InvariantCulture)));
}
