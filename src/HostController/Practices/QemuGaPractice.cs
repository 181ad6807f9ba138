namespace GuestTune.Controller.Practices;

/// <summary>Commands that a guest's qemu-ga refuses to its host (docs/guest-practices.md).</summary>
internal static class QemuGaPractice
{
    public const string Id = "qemu-ga-blocklist";

    /// <summary>Fact with the commands that are blocked, separated by commas.</summary>
    public const string BlockFact = "block";

    public static PracticeDefinition Definition { get; } = new()
    {
        Id = Id,
        Word = "qemu-ga",
        Summary = "commands that the QEMU guest agent refuses to its host",
        Settings =
        [
            new PracticeSetting
            {
                Name = BlockFact,
                Option = "--block",
                Column = "BLOCKED",
                Description = "commands of qemu-ga to block",
                Kind = SettingKind.Names,
            },
        ],
        AlwaysPersists = true,
        Force = "block also guest-ping, guest-sync, guest-sync-delimited and guest-info, without which no host can tell whether qemu-ga lives",
        TimeLimit = TimeSpan.FromSeconds(60),
        ContextColumns = [("VERSION", "version")],
    };
}
