using GuestTune.Controller.Practices;

namespace GuestTune.Controller.DomainXml.IOThreads;

/// <summary>What the command line knows of <see cref="IOThreadsPractice"/>.</summary>
internal static class IOThreadsDefinition
{
    public static PracticeDefinition Definition { get; } = new()
    {
        Id = IOThreadsPractice.PracticeId,
        Word = IOThreadsPractice.PracticeId,
        Summary = "threads of QEMU that serve virtual disks",
        Settings =
        [
            new PracticeSetting { Name = "count", Option = "--count", Column = "COUNT", Description = "how many there are", Maximum = IOThreadPlan.MaximumCount },
            new PracticeSetting { Name = "assign", Option = "--assign", Column = "ASSIGN", Description = "the thread of a virtio-blk disk or virtio-scsi controller, or none", Kind = SettingKind.Pairs, Example = "vda=N|scsi0=N" },
            new PracticeSetting { Name = "pin", Option = "--pin", Column = "PIN", Description = "the host CPUs of a thread, or none", Kind = SettingKind.Pairs, Example = "N=CPUS" },
            new PracticeSetting { Name = "auto", Option = "--auto", Column = "AUTO", Description = "one for each disk, on the host CPUs of its NUMA node outside the vCPUs'", Kind = SettingKind.Switch },
        ],
        AlwaysPersists = true,
        Force = DomainPracticeCatalog.Force,
        TimeLimit = DomainPracticeCatalog.TimeLimit,
    };
}
