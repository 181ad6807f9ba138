namespace GuestTune.Agent.Tests;

/// <summary>A guest's file system in a temporary directory, with the files that the agent reads.</summary>
internal sealed class GuestTree : IDisposable
{
    public const string Parameters = "/sys/module/haltpoll/parameters/";
    public const string Cpuidle = "/sys/devices/system/cpu/cpuidle/";
    public const string Release = "6.12.9-test";

    public string Path { get; } = Directory.CreateTempSubdirectory("guesttune-guest-").FullName;

    /// <summary>A kernel with the haltpoll governor that idles without it, as every guest without a KVM signature.</summary>
    public static GuestTree WithHaltpoll(string driver = "none", string governor = "menu", string commandLine = "console=ttyS0")
    {
        var tree = WithoutHaltpoll(driver, governor, commandLine);
        tree.Write(Parameters + "guest_halt_poll_ns", "200000\n");
        tree.Write(Parameters + "guest_halt_poll_shrink", "2\n");
        tree.Write(Parameters + "guest_halt_poll_grow", "2\n");
        tree.Write(Parameters + "guest_halt_poll_grow_start", "50000\n");
        tree.Write(Parameters + "guest_halt_poll_allow_shrink", "Y\n");
        return tree;
    }

    public static GuestTree WithoutHaltpoll(string driver = "none", string governor = "menu", string commandLine = "console=ttyS0")
    {
        var tree = new GuestTree();
        tree.Write("/proc/sys/kernel/osrelease", Release + "\n");
        tree.Write("/proc/sys/kernel/arch", "x86_64\n");
        tree.Boot("11111111-1111-1111-1111-111111111111");
        tree.Write("/proc/cmdline", commandLine + "\n");
        tree.Write("/etc/os-release", "# comment\nID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME='Debian GNU/Linux 12'\nX=\"a\\\"b\"\n");
        tree.Write(Cpuidle + "current_driver", driver + "\n");
        tree.Write(Cpuidle + "available_governors", "ladder menu haltpoll \n");
        tree.Write(Cpuidle + "current_governor", governor + "\n");
        Directory.CreateDirectory(tree.File("/var/lib"));
        return tree;
    }

    public GuestTree RunningSystemd()
    {
        Directory.CreateDirectory(File("/run/systemd/system"));
        Write("/usr/bin/systemd-tmpfiles", "program");
        return this;
    }

    public void Boot(string bootId) => Write("/proc/sys/kernel/random/boot_id", bootId + "\n");

    public string File(string path) => Path + path;

    public bool Exists(string path) => System.IO.File.Exists(File(path));

    public string Read(string path) => System.IO.File.ReadAllText(File(path));

    public string Parameter(string name) => Read(Parameters + name).Trim();

    public void Write(string path, string text)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(File(path))!);
        System.IO.File.WriteAllText(File(path), text);
    }

    public void Write(string path, byte[] content)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(File(path))!);
        System.IO.File.WriteAllBytes(File(path), content);
    }

    /// <summary>Everything but the agent's own state, to compare before and after.</summary>
    public string Snapshot()
    {
        var state = File("/var/lib/guesttune");
        var files = Directory.GetFiles(Path, "*", SearchOption.AllDirectories).Where(f => !f.StartsWith(state, StringComparison.Ordinal) && !f.EndsWith(".sock", StringComparison.Ordinal)).Order(StringComparer.Ordinal);
        return string.Join('\n', files.Select(f => f[Path.Length..] + "=" + Convert.ToHexString(System.IO.File.ReadAllBytes(f))));
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
