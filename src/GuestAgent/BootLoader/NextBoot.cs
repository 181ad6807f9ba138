namespace GuestTune.Agent.BootLoader;

/// <summary>What the boot loader will do, read from the files that it will read.</summary>
/// <param name="Default">The entry that is started when nobody chooses another one; null with a problem.</param>
/// <param name="Once">Another one for the next boot only (GRUB's next_entry, systemd-boot's LoaderEntryOneShot), or null.</param>
/// <param name="Entries">Those that start a Linux kernel, in the order of the menu.</param>
internal sealed record NextBoot(BootEntry? Default, BootEntry? Once, IReadOnlyList<BootEntry> Entries, string? Problem)
{
    /// <summary>What the next boot starts.</summary>
    public BootEntry? Next => Once ?? Default;

    /// <summary>Whether an entry is given our arguments: one that is there for when others do not boot is left as it is, unless it is the default.</summary>
    public bool TakesArguments(string id)
        => Entries.FirstOrDefault(e => string.Equals(e.Id, id, StringComparison.Ordinal)) is { } entry && (!entry.IsRecovery || entry == Default);

    public static NextBoot Unknown(string problem) => new(null, null, [], problem);
}
