using GuestTune.Controller.DomainXml.AgentChannel;
using GuestTune.Controller.DomainXml.DedicatedHint;
using GuestTune.Controller.DomainXml.HugePages;
using GuestTune.Controller.DomainXml.IOThreads;
using GuestTune.Controller.DomainXml.RawDevices;
using GuestTune.Controller.DomainXml.Svirt;
using GuestTune.Controller.DomainXml.VirtualTpm;
using GuestTune.Controller.Practices;
using GuestTune.Practices;

namespace GuestTune.Controller.DomainXml;

/// <summary>The practices that are in the definition of a domain. A further one is one more here: commands, options, completion and checks follow from it.</summary>
internal static class DomainPracticeCatalog
{
    /// <summary>libvirt answers in milliseconds, but for the first question for its capabilities, when it may start every QEMU there is.</summary>
    public static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(60);

    private const string Force = "define what keeps the domain from starting on this host as it is now";

    public static IReadOnlyList<PracticeDefinition> All { get; } =
    [
        Define(
            IOThreadsPractice.PracticeId,
            "threads of QEMU that serve virtual disks",
            Force,
            new PracticeSetting { Name = "count", Option = "--count", Column = "COUNT", Description = "how many there are", Maximum = IOThreadPlan.MaximumCount },
            Pairs("assign", "vda=N|scsi0=N", "the thread of a virtio-blk disk or virtio-scsi controller, or none"),
            Pairs("pin", "N=CPUS", "the host CPUs of a thread, or none"),
            Switch("auto", "one for each disk, on the host CPUs of its NUMA node outside the vCPUs'")),
        Define(
            RawDevicePractice.PracticeId,
            "disks of the host as disks of VMs",
            "give a disk of the VM another device than it has now, or one that is not there yet",
            Text("disk", "NAME", "the disk's target in the domain, e.g. sdc; one that is not there is added"),
            Text("device", "PATH", "the host's device, e.g. /dev/disk/by-id/... (default: the one that the disk has)"),
            Word("mode", "who answers SCSI commands: QEMU or the disk itself", "virtual", "physical")),
        Define(
            HugePagesPractice.PracticeId,
            "static huge pages as memory",
            Force,
            Word("size", "size of the pages; none: ordinary ones", "64K", "2M", "32M", "512M", "1G", "16G", HugePagesPractice.None),
            Text("nodes", "LIST", "only for these NUMA nodes of the guest, e.g. 0-1")),
        Define(
            DedicatedHintPractice.PracticeId,
            "the hint that vCPUs have host CPUs of their own",
            "set it although vCPUs share host CPUs, or are not pinned",
            Switch("enabled", "whether the guest is told, and so polls before it halts"),
            Switch("poll-control", "whether the guest may switch the host's polling off meanwhile")),
        Define(
            SvirtPractice.PracticeId,
            "confinement of QEMU by SELinux",
            Force,
            Word("label", "dynamic: written down; default: as libvirt does it, which is dynamic where SELinux is on", "dynamic", "default") with { Option = "--seclabel" }),
        Define(
            VirtualTpmPractice.PracticeId,
            "an emulated TPM",
            "change the version of a TPM that is there, which begins empty then",
            Switch("enabled", "whether there is one"),
            Word("version", "version of the TPM (default: 2.0, or as it is)", "2.0", "1.2") with { Option = "--tpm-version" },
            Word("model", "its interface (default: by architecture and firmware, or as it is)", "tpm-tis", "tpm-crb", "tpm-tis-device", "tpm-spapr")),
        Define(
            AgentChannelPractice.PracticeId,
            "the port of guesttune-agent",
            Force,
            Switch("enabled", "whether there is one")),
    ];

    public static IEnumerable<IPractice> Open(DomainView view) =>
    [
        new IOThreadsPractice(view),
        new RawDevicePractice(view),
        new HugePagesPractice(view),
        new DedicatedHintPractice(view),
        new SvirtPractice(view),
        new VirtualTpmPractice(view),
        new AgentChannelPractice(view),
    ];

    private static PracticeDefinition Define(string id, string summary, string force, params PracticeSetting[] settings) =>
        new() { Id = id, Word = id, Summary = summary, Settings = settings, AlwaysPersists = true, Force = force, TimeLimit = TimeLimit };

    private static PracticeSetting Switch(string name, string description) => Setting(name, description, SettingKind.Switch);

    private static PracticeSetting Pairs(string name, string example, string description) => Setting(name, description, SettingKind.Pairs) with { Example = example };

    private static PracticeSetting Text(string name, string example, string description) => Setting(name, description, SettingKind.Text) with { Example = example };

    private static PracticeSetting Word(string name, string description, params string[] words) => Setting(name, description, SettingKind.Word) with { Words = words };

    private static PracticeSetting Setting(string name, string description, SettingKind kind) =>
        new() { Name = name, Option = "--" + name, Column = name.ToUpperInvariant(), Description = description, Kind = kind };
}
