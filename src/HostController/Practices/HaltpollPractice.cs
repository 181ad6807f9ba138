namespace GuestTune.Controller.Practices;

/// <summary>
/// Polling in the guest before a vCPU halts: the parameters of the kernel's haltpoll governor
/// (Documentation/virt/guest-halt-polling.rst).
/// </summary>
internal static class HaltpollPractice
{
    public static PracticeDefinition Definition { get; } = new()
    {
        Id = "guest-idle-haltpoll",
        Word = "haltpoll",
        Summary = "polling in the guest before a vCPU halts",
        Settings =
        [
            new PracticeSetting
            {
                Name = "guest_halt_poll_ns",
                Option = "--guest-halt-poll-ns",
                Column = "POLL NS",
                Description = "longest time to poll before the vCPU halts, in nanoseconds",
            },
            new PracticeSetting
            {
                Name = "guest_halt_poll_grow",
                Option = "--grow",
                Column = "GROW",
                Description = "factor by which the time grows when a poll was too short",
            },
            new PracticeSetting
            {
                Name = "guest_halt_poll_shrink",
                Option = "--shrink",
                Column = "SHRINK",
                Description = "divisor by which the time shrinks when a poll was in vain; 0 sets it to 0 at once",
            },
            new PracticeSetting
            {
                Name = "guest_halt_poll_grow_start",
                Option = "--grow-start",
                Column = "GROW START",
                Description = "time that growing starts from, in nanoseconds",
            },
            new PracticeSetting
            {
                Name = "guest_halt_poll_allow_shrink",
                Option = "--allow-shrink",
                Column = "ALLOW SHRINK",
                Description = "whether the time may shrink at all",
                Kind = SettingKind.Switch,
            },
            new PracticeSetting
            {
                Name = "force",
                Option = "--force-driver",
                Column = "FORCE",
                Description = "whether later boots poll without the host's hint, by an argument of the kernel",
                Kind = SettingKind.Switch,
            },
        ],
        Force = CommandLineChange.Force,
        TimeLimit = CommandLineChange.TimeLimit,
        ContextColumns = [("DRIVER", "current_driver"), ("GOVERNOR", "current_governor")],
    };
}
