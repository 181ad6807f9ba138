using GuestTune.Practices;
using GuestTune.Practices.Files;
using GuestTune.Practices.Values;

namespace GuestTune.Controller.HostPractices;

/// <summary>
/// How long KVM polls on the host for a vCPU that has halted (Documentation/virt/kvm/halt-polling.rst). What a kernel
/// begins with differs by architecture and release, so no value counts as the default: the journal has what was there.
/// </summary>
internal sealed class HaltPollingPractice(RootedFileSystem files, HostKernel kernel) : KernelPractice(files)
{
    public const string PracticeId = "halt-polling";
    public const string Time = "halt_poll_ns";

    private const string Module = "kvm";
    private const string Parameters = "/sys/module/kvm/parameters/";
    private const string Counters = "/sys/kernel/debug/kvm/";

    private static readonly HostSetting[] All =
    [
        .. new[] { Time, "halt_poll_ns_grow", "halt_poll_ns_grow_start", "halt_poll_ns_shrink" }.Select(static n => new HostSetting(n, Parameters + n, NumberValue.UInt32)),
    ];

    public override string Id => PracticeId;

    public override PracticeSupport CheckSupport() => Files.FileExists(Parameters + Time)
        ? new PracticeSupport(Id, true, null)
        : new PracticeSupport(Id, false, $"this host has no {Parameters}{Time}: KVM is not loaded (modprobe kvm), or not in kernel {kernel.Release}");

    // Before Linux 5.0 there is no grow_start.
    protected override IReadOnlyList<HostSetting> Settings() => [.. All.Where(s => Files.FileExists(s.Path))];

    // Only what was loaded has an initstate (kernel/module/sysfs.c); what is built in never passes modprobe.
    protected override IBootValues OpenBootValues() => Files.FileExists("/sys/module/kvm/initstate") ? new ModprobeBootValues(Files, Module) : new TmpfilesBootValues(Files, PracticeId);

    protected override IEnumerable<IBootValues> AllBootValues() => [new ModprobeBootValues(Files, Module), new TmpfilesBootValues(Files, PracticeId)];

    protected override (Verdict Verdict, string Reason) Judge(IReadOnlyList<HostValue> values, List<Fact> facts)
    {
        facts.Add(new Fact("kernel", Scope.Context, kernel.Release, "/proc/sys/kernel/osrelease"));
        foreach (var counter in new[] { "halt_attempted_poll", "halt_successful_poll" })
        {
            var reading = Files.ReadText(Counters + counter);
            facts.Add(new Fact(counter, Scope.Context, reading.Value, Counters + counter, reading.Problem));
        }

        var time = values.First(static v => v.Setting.Name is Time).Now.Value;
        return time is "0"
            ? (Verdict.Absent, "KVM does not poll for halted vCPUs (halt_poll_ns is 0)")
            : (Verdict.Effective, $"KVM polls up to {time} ns for a vCPU that has halted");
    }

    // "KVM: Treat per-VM max_halt_poll_ns as override" (v6.2) mended what "kvm: add capability for halt polling" (v5.8) brought.
    protected override IEnumerable<string> Warnings(IReadOnlyList<(HostSetting Setting, string Value)> wanted, IReadOnlyList<Change> changes) =>
        kernel.Version >= new Version(5, 8) && kernel.Version < new Version(6, 2) && changes.Any(static c => c.Item is Time)
            ? [$"with kernel {kernel.Release}, VMs that run now may keep the {Time} that they were started with; new ones have the new value"]
            : [];
}
