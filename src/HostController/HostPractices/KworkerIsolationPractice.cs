using GuestTune.Practices;
using GuestTune.Practices.Files;
using GuestTune.Practices.Values;

namespace GuestTune.Controller.HostPractices;

/// <summary>On which CPUs kworkers run that are bound to none (Documentation/core-api/workqueue.rst), so that the others are left to vCPUs.</summary>
internal sealed class KworkerIsolationPractice(RootedFileSystem files, HostKernel kernel) : KernelPractice(files)
{
    public const string PracticeId = "kworker-isolation";
    public const string Mask = "cpumask";

    public const string MaskPath = Directory + Mask;

    private const string Directory = "/sys/devices/virtual/workqueue/";
    private const string Online = "/sys/devices/system/cpu/online";
    private const string Possible = "/sys/devices/system/cpu/possible";
    private const int MostProcesses = 65536;

    /// <summary>Whom the scheduler leaves alone (isolcpus=, partitions of cpusets), and whom the tick does (nohz_full=); drivers/base/cpu.c.</summary>
    private static readonly string[] Isolated = ["/sys/devices/system/cpu/isolated", "/sys/devices/system/cpu/nohz_full"];

    private static readonly HostSetting[] All = [new(Mask, MaskPath, CpuMaskValue.Instance)];

    public override string Id => PracticeId;

    public override PracticeSupport CheckSupport() => Files.FileExists(All[0].Path)
        ? new PracticeSupport(Id, true, null)
        : new PracticeSupport(Id, false, $"kernel {kernel.Release} has no {All[0].Path} (it is there from Linux 4.1 on)");

    protected override IReadOnlyList<HostSetting> Settings() => All;

    protected override IBootValues OpenBootValues() => new TmpfilesBootValues(Files, PracticeId);

    protected override (Verdict Verdict, string Reason) Judge(IReadOnlyList<HostValue> values, List<Fact> facts)
    {
        if (values[0].Now.Value is not { } text || NumberSet.Parse(text, out var problem) is not { } allowed || ReadList(Online, facts) is not { } online)
        {
            return (Verdict.Failed, $"{All[0].Path} or {Online} cannot be understood");
        }

        foreach (var name in new[] { "cpumask_requested", "cpumask_isolated" })
        {
            if (Files.ReadText(Directory + name).Value is { } mask)
            {
                facts.Add(new Fact(name, Scope.Context, mask, Directory + name));
            }
        }

        if (allowed.Contains(online))
        {
            return (Verdict.Absent, $"kworkers may run on all CPUs ({online})");
        }

        var elsewhere = CountElsewhere(allowed);
        facts.Add(new Fact("kworkers elsewhere", Scope.Context, $"{elsewhere}", "/proc/PID/status, Cpus_allowed_list"));
        return (Verdict.Effective, $"kworkers that are bound to no CPU run on {allowed} of {online}"
            + (elsewhere == 0 ? string.Empty : $"; {elsewhere} have other CPUs yet: idle ones end within minutes, those of ordered workqueues stay (before Linux 6.9)"));
    }

    protected override string? WhyNotPossible(HostSetting setting, string value, string? before, bool force)
    {
        if (NumberSet.Parse(value, out _) is not { } wanted || ReadList(Possible, null) is not { } possible || ReadList(Online, null) is not { } online)
        {
            return $"{Possible} or {Online} cannot be read: which CPUs this host has is not known";
        }

        var beyond = wanted.Except(possible);
        return !beyond.IsEmpty ? $"{setting.Name} names CPUs that this host does not have: {beyond}; it has {possible}"
            : wanted.Overlaps(online) ? null
            : $"{setting.Name} names no CPU that is online ({online}): kworkers would have none to run on";
    }

    protected override IEnumerable<string> Warnings(IReadOnlyList<(HostSetting Setting, string Value)> wanted, IReadOnlyList<Change> changes) =>
        wanted.SelectMany(w => Warnings(w.Value, NumberSet.Parse(w.Value, out _)!));

    private IEnumerable<string> Warnings(string value, NumberSet cpus)
    {
        yield return $"{value} means CPUs {cpus}; kworkers that are bound to a CPU stay where they are";

        // Without nohz_full= its file has (null), or is not there.
        var isolated = Isolated.Select(p => ReadList(p, null)).OfType<NumberSet>().Aggregate(NumberSet.Empty, static (a, b) => a.Union(b));
        if (isolated.Intersect(cpus) is { IsEmpty: false } shared)
        {
            yield return $"CPUs {shared} are isolated (isolcpus= or nohz_full= of the host's kernel command line, or a partition of cpusets), and kworkers may run there then, too";
        }
    }

    /// <summary>A kworker whose name has a u belongs to a pool that is bound to no CPU (kernel/workqueue.c, create_worker).</summary>
    private int CountElsewhere(NumberSet allowed)
    {
        const string List = "Cpus_allowed_list:";
        var count = 0;
        foreach (var process in Files.ListNames("/proc", string.Empty, MostProcesses).Where(static n => char.IsAsciiDigit(n[0])))
        {
            if (Files.ReadText($"/proc/{process}/comm").Value?.StartsWith("kworker/u", StringComparison.Ordinal) is true
                && Files.ReadText($"/proc/{process}/status").Text?.Split('\n').FirstOrDefault(static l => l.StartsWith(List, StringComparison.Ordinal)) is { } line
                && NumberSet.ParseList(line[List.Length..], out _) is { } cpus && !allowed.Contains(cpus))
            {
                count++;
            }
        }

        return count;
    }

    private NumberSet? ReadList(string path, List<Fact>? facts)
    {
        var reading = Files.ReadText(path);
        facts?.Add(new Fact(Path.GetFileName(path), Scope.Context, reading.Value, path, reading.Problem));
        return reading.Value is { } text ? NumberSet.ParseList(text, out _) : null;
    }
}
