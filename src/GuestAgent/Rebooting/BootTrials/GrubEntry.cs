using GuestTune.Agent.BootLoader;
using GuestTune.MeasuredBoot.Grub;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.Rebooting.BootTrials;

/// <summary>Writes the menu entry that starts the running kernel as it was started, from the entry that GRUB has for it.</summary>
internal static class GrubEntry
{
    private const string Entries = "/boot/loader/entries";

    /// <param name="configuration">The text of grub.cfg.</param>
    /// <returns>What stands between the entry's braces, and whether GRUB starts it without a password where it has one.</returns>
    /// <exception cref="InvalidDataException">GRUB has no entry for this kernel, or one that cannot be copied.</exception>
    public static (string Body, bool IsUnrestricted) BodyFor(RunningCommandLine line, string configuration, RootedFileSystem files) =>
        TrialEntry.FromMenu(line, configuration) ?? FromLoaderEntries(line, files)
            ?? throw new InvalidDataException($"GRUB has no menu entry for the running kernel {line.Image}: it may have been removed");

    /// <summary>Boot loader entries (the BLS): GRUB makes its menu from them at boot, and their paths are GRUB's.</summary>
    private static (string, bool)? FromLoaderEntries(RunningCommandLine line, RootedFileSystem files)
    {
        foreach (var entry in LoaderEntry.ReadAll(files, Entries))
        {
            if (!entry.FindAll("linux").Any(k => string.Equals(RunningCommandLine.WithoutDevice(k), line.Image, StringComparison.Ordinal)))
            {
                continue;
            }

            // $tuned_initrd and its like are GRUB's variables there as here.
            var initrd = string.Concat(entry.FindAll("initrd").Select(static i => " " + i));
            var isUnrestricted = entry.FindAll("grub_users").All(static u => u is "$grub_users");
            return ($"\t{TrialEntry.WithArguments("linux " + line.Image, line)}{(initrd.Length == 0 ? string.Empty : "\n\tinitrd" + initrd)}", isUnrestricted);
        }

        return null;
    }
}
