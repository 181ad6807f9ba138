using System.Globalization;
using GuestTune.Practices;
using GuestTune.Practices.Files;
using GuestTune.Practices.Values;

namespace GuestTune.Controller.HostPractices;

/// <summary>Pools of huge pages that are reserved before a VM takes its memory from them.</summary>
/// <param name="openFile">Opens the file with a pool's size; not null in tests, whose files give whatever is asked for.</param>
internal sealed class StaticHugepagesPractice(RootedFileSystem files, HostKernel kernel, IDomainHugepages? needs = null, Func<HostSetting, IKnob>? openFile = null) : KernelPractice(files)
{
    public const string PracticeId = "static-hugepages";

    private const ulong GiB = 1024 * 1024;

    private static readonly NumberValue Count = new(0, uint.MaxValue);

    public override string Id => PracticeId;

    public override PracticeSupport CheckSupport() => HugepagePool.Find(Files).Count > 0
        ? new PracticeSupport(Id, true, null)
        : new PracticeSupport(Id, false, $"kernel {kernel.Release} has no static huge pages (/sys/kernel/mm/hugepages is missing or empty)");

    protected override IReadOnlyList<HostSetting> Settings() => [.. HugepagePool.Find(Files).Select(static p => new HostSetting(p.Name, p.CountPath, Count))];

    protected override IBootValues OpenBootValues() => new TmpfilesBootValues(Files, PracticeId);

    protected override IKnob OpenKernelKnob(HostSetting setting) => new HugepagePoolKnob(PoolOf(setting), openFile?.Invoke(setting) ?? base.OpenKernelKnob(setting));

    protected override (Verdict Verdict, string Reason) Judge(IReadOnlyList<HostValue> values, List<Fact> facts)
    {
        var pools = HugepagePool.Find(Files);
        foreach (var pool in pools)
        {
            AddCount(pool, "free_hugepages", "free", facts);
            AddCount(pool, "resv_hugepages", "promised", facts);
            AddCount(pool, "surplus_hugepages", "surplus", facts);
        }

        var mounts = Files.ReadText("/proc/mounts").Text?.Split('\n').Where(static l => l.Contains(" hugetlbfs ", StringComparison.Ordinal)).Select(static l => l.Split(' ')[1]).ToArray() ?? [];
        facts.Add(new Fact("hugetlbfs", Scope.Context, mounts.Length == 0 ? null : string.Join(", ", mounts), "/proc/mounts", mounts.Length == 0 ? "not mounted" : null));
        var ofHost = pools.Where(static p => p.Node is null).ToArray();
        if (Shortages(ofHost, facts) is { Count: > 0 } shortages)
        {
            return (Verdict.Failed, string.Join("; ", shortages));
        }

        var filled = ofHost.Where(p => p.Read(Files, "nr_hugepages") > 0).Select(p => $"{p.Read(Files, "nr_hugepages")} pages of {p.Name}, {p.Read(Files, "free_hugepages")} of them free").ToArray();
        return filled.Length == 0 ? (Verdict.Absent, "no static huge pages are reserved")
            : mounts.Length == 0 ? (Verdict.Configured, string.Join("; ", filled) + "; but no hugetlbfs is mounted, which QEMU takes them from (mount it before libvirtd starts)")
            : (Verdict.Effective, string.Join("; ", filled));
    }

    protected override string? WhyNotPossible(HostSetting setting, string value, string? before, bool force)
    {
        var pool = PoolOf(setting);
        if (!ulong.TryParse(before, NumberStyles.None, CultureInfo.InvariantCulture, out var has))
        {
            return $"{setting.Path} has no number: '{before}'";
        }

        var wanted = ulong.Parse(value, CultureInfo.InvariantCulture);
        if (wanted < has)
        {
            var used = has - Math.Min(has, pool.Read(Files, "free_hugepages") ?? 0) + (pool.Read(Files, "resv_hugepages") ?? 0);
            return wanted >= used ? null : $"{setting.Name} cannot be {wanted}: {used} of its {has} pages are in use or promised to programs; stop the VMs that have them first";
        }

        // Whole nodes know only what they have free; the kernel reclaims the rest.
        var room = pool.Node is { } node
            ? MemoryInformation.Read(Files, "MemTotal", $"/sys/devices/system/node/node{node}/meminfo")
            : MemoryInformation.Read(Files, "MemAvailable");
        return force || room.SizeKiB is not { } size || (wanted - has) * pool.PageSizeKiB <= size ? null
            : $"{setting.Name} cannot be {wanted}: {wanted - has} more pages take {(wanted - has) * pool.PageSizeKiB} kB, and {room.Name} is {size} kB ({room.Source}); "
                + "ask for less, or use --force where you know better";
    }

    protected override IEnumerable<string> Warnings(IReadOnlyList<(HostSetting Setting, string Value)> wanted, IReadOnlyList<Change> changes)
    {
        foreach (var (setting, value) in wanted)
        {
            if (PoolOf(setting) is { PageSizeKiB: >= GiB } pool && changes.Any(c => c.Item == TmpfilesBootValues.ItemPrefix + setting.Name))
            {
                yield return $"pages of {HugepagePool.NameOf(pool.PageSizeKiB)} may be hard to find by the time systemd-tmpfiles runs: hugepagesz={HugepagePool.NameOf(pool.PageSizeKiB)} hugepages={value} "
                    + "on the host's kernel command line is sure to get them";
            }
        }

        if (changes.Any(static c => c.Item.StartsWith(TmpfilesBootValues.ItemPrefix, StringComparison.Ordinal)) && SysctlFile() is { } file)
        {
            yield return $"{file} sets vm.nr_hugepages, too, at boot: take it out there, for which of both comes last is not certain";
        }
    }

    private static void AddNeeds(List<Fact> facts, IReadOnlyList<DomainHugepages> domains, ulong standard, string? problem)
    {
        const string Source = "domain XML";
        facts.AddRange(domains.Select(n => new Fact(
            n.Domain, Scope.Context, $"{n.PagesOf(SizeOf(n, standard))} pages of {HugepagePool.NameOf(SizeOf(n, standard))}, {(n.IsRunning ? "running" : "not running")}", Source)));
        if (problem is not null)
        {
            facts.Add(new Fact("domains", Scope.Context, null, Source, problem));
        }
    }

    /// <summary>Pools with fewer pages free than domains that do not run would take, all started at once.</summary>
    private List<string> Shortages(HugepagePool[] pools, List<Fact> facts)
    {
        if (needs is null)
        {
            return [];
        }

        var domains = needs.Read(out var problem);
        var standard = MemoryInformation.Read(Files, "Hugepagesize").SizeKiB ?? 0;
        AddNeeds(facts, domains, standard, problem);
        var shortages = new List<string>();
        foreach (var need in domains.Where(static n => !n.IsRunning).GroupBy(n => SizeOf(n, standard)))
        {
            var pool = Array.Find(pools, p => p.PageSizeKiB == need.Key);
            var (wanted, free) = (need.Aggregate(0UL, (sum, n) => sum + n.PagesOf(need.Key)), pool?.Read(Files, "free_hugepages") ?? 0);
            if (wanted > free)
            {
                shortages.Add($"the domains {string.Join(", ", need.Select(static n => n.Domain))} need {wanted} pages of {HugepagePool.NameOf(need.Key)} to start, and {free} are free");
            }
        }

        return shortages;
    }

    private static ulong SizeOf(DomainHugepages need, ulong standard) => need.PageSizeKiB == 0 ? standard : need.PageSizeKiB;

    private void AddCount(HugepagePool pool, string file, string name, List<Fact> facts)
    {
        if (pool.Read(Files, file) is { } count)
        {
            facts.Add(new Fact($"{pool.Name} {name}", Scope.Context, $"{count}", $"{pool.Directory}/{file}"));
        }
    }

    private string? SysctlFile()
    {
        string[] directories = ["/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d"];
        return directories.SelectMany(d => Files.ListNames(d, ".conf").Select(n => $"{d}/{n}")).Append("/etc/sysctl.conf")
            .FirstOrDefault(f => Files.ReadText(f).Text?.Split('\n').Any(static l => l.TrimStart(' ', '-').StartsWith("vm.nr_hugepages", StringComparison.Ordinal)) is true);
    }

    private HugepagePool PoolOf(HostSetting setting) => HugepagePool.Find(Files).First(p => string.Equals(p.Name, setting.Name, StringComparison.Ordinal));
}
