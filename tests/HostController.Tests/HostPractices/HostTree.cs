using GuestTune.Agent.V1;
using GuestTune.Controller.HostPractices;
using GuestTune.HostController.Tests.Fakes;
using GuestTune.Practices;
using GuestTune.Practices.Files;

namespace GuestTune.HostController.Tests.HostPractices;

/// <summary>A file system with what the practices of a host look at: two NUMA nodes, eight CPUs of which six are online, KVM as a module.</summary>
internal sealed class HostTree : IDisposable
{
    public const string HaltPollNs = "/sys/module/kvm/parameters/halt_poll_ns";
    public const string Cpumask = "/sys/devices/virtual/workqueue/cpumask";
    public const string Enabled = "/sys/kernel/mm/transparent_hugepage/enabled";
    public const string ModprobeFile = "/etc/modprobe.d/guesttune-kvm.conf";

    private readonly TemporaryDirectory _directory = new();

    public HostTree()
    {
        Write("/proc/sys/kernel/osrelease", "6.6.0-72.oe2403.x86_64\n");
        Boot("5b0c2c0e-0000-4000-8000-000000000001");
        Write("/proc/meminfo", "MemTotal:       33554432 kB\nMemAvailable:   16777216 kB\nHugepagesize:       2048 kB\n");
        Write("/proc/mounts", "hugetlbfs /dev/hugepages hugetlbfs rw,pagesize=2M 0 0\n");
        Write("/sys/module/kvm/initstate", "live\n");
        Write(HaltPollNs, "200000\n");
        Write(HaltPollNs + "_grow", "2\n");
        Write(HaltPollNs + "_grow_start", "10000\n");
        Write(HaltPollNs + "_shrink", "0\n");
        Write(Cpumask, "ff\n");
        Write("/sys/devices/system/cpu/online", "0-5\n");
        Write("/sys/devices/system/cpu/possible", "0-7\n");
        Write(Enabled, "always [madvise] never\n");
        Write("/sys/kernel/mm/transparent_hugepage/defrag", "always defer defer+madvise [madvise] never\n");
        foreach (var size in new[] { "2048kB", "1048576kB" })
        {
            WritePool($"/sys/kernel/mm/hugepages/hugepages-{size}", 0, 0);
            WritePool($"/sys/devices/system/node/node0/hugepages/hugepages-{size}", 0, 0);
            WritePool($"/sys/devices/system/node/node1/hugepages/hugepages-{size}", 0, 0);
        }

        Write("/sys/devices/system/node/node1/meminfo", "Node 1 MemTotal:       8388608 kB\n");
        Write("/etc/hostname", "host\n");
    }

    public string Path => _directory.Path;

    public RootedFileSystem Files => new(Path);

    public HostTuning Open(IDomainHugepages? needs = null) => HostTuning.Create(Files, PathOf("/state/host"), TimeProvider.System, needs);

    /// <summary>With one practice alone, of which a test has the parts in its hands.</summary>
    public HostTuning Open(IPractice practice) => new([practice], Files, PathOf("/state/host"), TimeProvider.System);

    public string PathOf(string path) => Path + path;

    public string Read(string path) => File.ReadAllText(PathOf(path));

    public void Write(string path, string text)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(PathOf(path))!);
        File.WriteAllText(PathOf(path), text);
    }

    public void WritePool(string directory, int pages, int free)
    {
        Write(directory + "/nr_hugepages", $"{pages}\n");
        Write(directory + "/free_hugepages", $"{free}\n");
        Write(directory + "/resv_hugepages", "0\n");
    }

    public void Boot(string id) => Write("/proc/sys/kernel/random/boot_id", id + "\n");

    public void Dispose() => _directory.Dispose();

    public static PlanRequest Plan(string practice, bool persist, params (string Name, string Value)[] settings)
    {
        var request = new PlanRequest { Desired = new Practice.V1.Desired { Practice = practice, Persist = persist } };
        foreach (var (name, value) in settings)
        {
            request.Desired.Settings.Add(name, value);
        }

        return request;
    }

    public static ApplyRequest Apply(string id, string practice, bool persist, params (string Name, string Value)[] settings) =>
        new() { OperationId = id, Desired = Plan(practice, persist, settings).Desired };
}
