using GuestTune.Agent.BootLoader;
using GuestTune.MeasuredBoot.Grub;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.Rebooting.BootTrials;

/// <summary>Writes the menu entry that starts the running kernel as it was started, from the entry that GRUB has for it.</summary>
internal static class GrubEntry
{
    /// <param name="configuration">The text of grub.cfg.</param>
    /// <returns>What stands between the entry's braces, and whether GRUB starts it without a password where it has one.</returns>
    /// <exception cref="InvalidDataException">GRUB has no entry for this kernel, or one that cannot be copied.</exception>
    public static (string Body, bool IsUnrestricted) BodyFor(RunningCommandLine line, string configuration, RootedFileSystem files) =>
        TrialEntry.FromMenu(line, configuration)
            ?? LoaderEntry.ReadAll(files, GrubLoaderEntries.Directory).Select(e => TrialEntry.FromLoaderEntry(line, e.Text)).FirstOrDefault(static e => e is not null)
            ?? throw new InvalidDataException($"GRUB has no menu entry for the running kernel {line.Image}: it may have been removed");
}
