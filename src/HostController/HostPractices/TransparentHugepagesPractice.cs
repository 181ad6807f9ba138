using GuestTune.Practices;
using GuestTune.Practices.Files;
using GuestTune.Practices.Values;

namespace GuestTune.Controller.HostPractices;

/// <summary>Huge pages that the kernel gives to memory by itself (Documentation/admin-guide/mm/transhuge.rst).</summary>
internal sealed class TransparentHugepagesPractice(RootedFileSystem files, HostKernel kernel) : KernelPractice(files)
{
    public const string PracticeId = "transparent-hugepages";
    public const string Enabled = "enabled";
    public const string Defrag = "defrag";

    private const string Directory = "/sys/kernel/mm/transparent_hugepage/";

    private static readonly HostSetting[] All =
    [
        new(Enabled, Directory + Enabled, new OneOfValue("always", "madvise", "never")),
        new(Defrag, Directory + Defrag, new OneOfValue("always", "defer", "defer+madvise", "madvise", "never")),
    ];

    public override string Id => PracticeId;

    public override PracticeSupport CheckSupport() => Files.FileExists(Directory + Enabled)
        ? new PracticeSupport(Id, true, null)
        : new PracticeSupport(Id, false, $"kernel {kernel.Release} has no {Directory}{Enabled} (CONFIG_TRANSPARENT_HUGEPAGE)");

    protected override IReadOnlyList<HostSetting> Settings() => All;

    protected override IBootValues OpenBootValues() => new TmpfilesBootValues(Files, PracticeId);

    protected override IEnumerable<string> Warnings(IReadOnlyList<(HostSetting Setting, string Value)> wanted, IReadOnlyList<Change> changes) =>
        wanted.Any(static w => w is { Setting.Name: Enabled, Value: not "never" })
        && string.Join(", ", HugepagePool.Find(Files).Where(p => p.Node is null && p.Read(Files, "nr_hugepages") > 0).Select(static p => p.Name)) is { Length: > 0 } pools
            ? [$"static huge pages are reserved ({pools}): VMs on them take nothing from transparent ones, and never is right where all VMs are"]
            : [];

    protected override (Verdict Verdict, string Reason) Judge(IReadOnlyList<HostValue> values, List<Fact> facts)
    {
        facts.Add(MemoryInformation.Read(Files, "AnonHugePages").ToFact());
        return values[0].Now.Value switch
        {
            "never" => (Verdict.Absent, "no memory gets transparent huge pages; right where all VMs use static ones"),
            // QEMU asks for them for all of a guest's memory (system/physmem.c, QEMU_MADV_HUGEPAGE).
            "madvise" => (Verdict.Effective, "memory that asks for transparent huge pages gets them, as guests' memory does through QEMU"),
            var other => (Verdict.Effective, $"all memory gets transparent huge pages (enabled is {other})"),
        };
    }
}
