namespace GuestTune.Controller.Practices;

/// <summary>Spinlocks of AArch64 guests that let a vCPU halt while it waits (docs/guest-practices.md).</summary>
internal static class PvQspinlockPractice
{
    public static PracticeDefinition Definition { get; } = new()
    {
        Id = "pv-qspinlock",
        Word = "pv-qspinlock",
        Summary = "spinlocks that let a waiting vCPU halt (AArch64)",
        Settings =
        [
            new PracticeSetting
            {
                Name = "enabled",
                Option = "--enabled",
                Column = "ARM_PVSPIN",
                Description = "whether later boots use them, by the kernel argument arm_pvspin",
                Kind = SettingKind.Switch,
            },
        ],
        AlwaysPersists = true,
        Force = CommandLineChange.Force,
        TimeLimit = CommandLineChange.TimeLimit,
        ContextColumns = [("KERNEL", "kernel log")],
    };
}
