using System.Diagnostics;
using System.Net;
using GuestTune.Testing;

namespace GuestTune.PrivateLibvirts;

/// <summary>
/// A real libvirtd of a test's own, that shares nothing with the machine's: in namespaces where /etc/libvirt, /var/lib/libvirt and so on are
/// folders of this object. When it is disposed of, or the test's process dies, the kernel ends all that lives in them, domains included.
/// </summary>
public sealed class PrivateLibvirt : IDisposable
{
    /// <summary>The first process of the namespaces: it reaps what is orphaned there, carries out one command a line, and ends with its input.</summary>
    private const string Supervisor =
        """
        # Whatever umask the tests have: not all that libvirt starts is root.
        umask 022
        for pair in etc:/etc lib:/var/lib cache:/var/cache log:/var/log run:/run; do
          mkdir -p "$1/${pair%%:*}" "${pair#*:}/libvirt" && mount --bind "$1/${pair%%:*}" "${pair#*:}/libvirt" || exit
        done
        # libvirt's locks of channels name their holder by its number, which is another process in another namespace.
        mkdir -p "$1/lock" /run/lock && mount --bind "$1/lock" "$(realpath /var/lock)" || exit
        [ -z "$3" ] || { mkdir "$3" && mount -t hugetlbfs -o pagesize=2M hugetlbfs "$3"; } || exit
        ln -s "$1/libvirt-sock" "$1/libvirt-sock-ro" /run/libvirt/
        echo ready
        exec 2>>"$1/output"
        while read -r command; do
          case $command in
            start) libvirtd --config "$1/libvirtd.conf" --pid-file "$1/libvirtd.pid" $2 </dev/null >>"$1/output" 2>&1 & daemon=$! ;;
            kill) kill -KILL $daemon; wait $daemon ;;
            pause) kill -STOP $daemon ;;
            resume) kill -CONT $daemon ;;
            look) kill -0 $daemon 2>/dev/null || { echo ended; continue; } ;;
          esac
          echo done
        done
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gtl-");
    private readonly Process _supervisor;
    private bool _isRunning;

    public PrivateLibvirt(PrivateLibvirtOptions? options = null)
    {
        options ??= new PrivateLibvirtOptions();
        Address = options.Address;
        var hugePages = options.HasHugePages ? PathOf("hugepages") : "";
        string[] hugePageSettings = options.HasHugePages ? [$"hugetlbfs_mount = \"{hugePages}\""] : [];
        Directory.CreateDirectory(PathOf("etc"));
        File.WriteAllLines(PathOf("libvirtd.conf"),
            [.. options.DaemonSettings, $"unix_sock_dir = \"{Folder}\"", "auth_unix_ro = \"none\"", "auth_unix_rw = \"none\"", $"listen_addr = \"{Address}\"", "listen_tls = 0"]);
        File.WriteAllLines(PathOf("etc/qemu.conf"),
            ["stdio_handler = \"file\"", "user = \"root\"", "group = \"root\"", "security_driver = \"none\"", "namespaces = []", "cgroup_controllers = []", .. hugePageSettings, .. options.QemuSettings]);
        var start = new ProcessStartInfo("unshare")
        {
            ArgumentList = { "--mount", "--pid", "--fork", "--mount-proc", "--kill-child", "bash", "-c", Supervisor, "bash", Folder, options.Listen ? "--listen" : "", hugePages },
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        foreach (var (name, value) in options.Environment)
        {
            start.Environment[name] = value;
        }

        _supervisor = Process.Start(start)!;
        try
        {
            Expect("ready", _supervisor.StandardOutput.ReadLine());
            Start();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Null where this machine can have one.</summary>
    public static string? WhyNot { get; } =
        System.Environment.IsPrivilegedProcess is false ? "a libvirtd of one's own takes root"
        : !File.Exists("/usr/sbin/libvirtd") ? "libvirtd is not installed (package libvirt-daemon-system)"
        : !File.Exists("/usr/bin/virsh") ? "virsh is not installed (package libvirt-clients)"
        : !File.Exists("/usr/bin/qemu-system-x86_64") ? "QEMU is not installed (package qemu-system-x86)"
        : null;

    public string Folder => _folder.FullName;

    /// <summary>Where it serves TCP or TLS.</summary>
    public IPAddress Address { get; }

    public string Uri => $"qemu+unix:///system?socket={PathOf("libvirt-sock")}";

    /// <summary>What runs a program on the daemon's host, as it were: in its namespaces, where the daemon is qemu:///system.</summary>
    public IReadOnlyList<string> Inside
    {
        get
        {
            var first = File.ReadAllText($"/proc/{_supervisor.Id}/task/{_supervisor.Id}/children").Trim();
            return ["nsenter", "--target", first, "--mount", "--pid"];
        }
    }

    /// <param name="path">As the daemon sees its folders: <c>etc</c>, <c>lib</c>, <c>cache</c>, <c>log</c>, <c>run</c>.</param>
    public string PathOf(string path) => Path.Combine(Folder, path);

    /// <summary>Starts the daemon, and waits until it answers.</summary>
    public void Start()
    {
        Tell("start");
        try
        {
            ServedSocket.WaitFor(PathOf("libvirt-sock"), () => IsRunning);
        }
        catch (IOException e)
        {
            throw new IOException($"libvirtd does not start: {e.Message}: {File.ReadAllText(PathOf("output"))}", e);
        }

        Virsh("uri");
        _isRunning = true;
    }

    /// <summary>Whether the daemon's process is there.</summary>
    public bool IsRunning => string.Equals(Ask("look"), "done", StringComparison.Ordinal);

    /// <summary>SIGKILL. Domains go on.</summary>
    public void Kill()
    {
        Tell("kill");
        _isRunning = false;
    }

    public void EnsureRunning()
    {
        if (_isRunning)
        {
            // A test that failed may have left it paused, and the next one would wait for ever.
            Resume();
        }
        else
        {
            Start();
        }
    }

    /// <summary>A daemon that hangs.</summary>
    public void Pause() => Tell("pause");

    public void Resume() => Tell("resume");

    /// <summary>What virsh, which has nothing to do with the product, does and says.</summary>
    public string Virsh(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("virsh", ["--quiet", "--connect", Uri, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new IOException($"virsh {string.Join(' ', arguments)} failed: {output}{errors.GetAwaiter().GetResult()}");
    }

    /// <summary>Defines a domain of an emulated processor, or what is given, and starts it, paused where there is nothing to boot.</summary>
    /// <param name="devices">Further devices of the domain.</param>
    /// <param name="os">What is beside the type in <c>os</c>, such as a kernel.</param>
    public void Run(string name, string devices = "", string os = "", int memoryMib = 32)
    {
        Define($"""
            <domain type='qemu'>
              <name>{name}</name>
              <memory unit='MiB'>{memoryMib}</memory>
              <os><type arch='x86_64' machine='q35'>hvm</type>{os}</os>
              <features><acpi/></features>
              <devices>{devices}</devices>
            </domain>
            """);
        Virsh(os.Length > 0 ? ["start", name] : ["start", "--paused", name]);
    }

    /// <summary>As if <see cref="Run"/> had not been.</summary>
    public void Remove(string name)
    {
        try
        {
            Virsh("destroy", name);
        }
        catch (IOException e) when (e.Message.Contains("not running", StringComparison.Ordinal))
        {
            // A daemon that was just started, and finds the domain gone while it still connects to it, calls that a failure.
        }

        Virsh("undefine", name);
    }

    public void Define(string xml)
    {
        var file = PathOf($"{Guid.NewGuid()}.xml");
        File.WriteAllText(file, xml);
        Virsh("define", "--validate", file);
        File.Delete(file);
    }

    public void Dispose()
    {
        // The supervisor ends with its input, and a first process takes all others with it before it is gone.
        _supervisor.StandardInput.Close();
        _supervisor.WaitForExit();
        _supervisor.Dispose();
        _folder.Delete(recursive: true);
    }

    private void Tell(string command) => Expect("done", Ask(command));

    private string? Ask(string command)
    {
        _supervisor.StandardInput.WriteLine(command);
        _supervisor.StandardInput.Flush();
        return _supervisor.StandardOutput.ReadLine();
    }

    private static void Expect(string word, string? said)
    {
        if (!string.Equals(said, word, StringComparison.Ordinal))
        {
            throw new IOException($"the namespaces of a libvirtd cannot be made: {said}");
        }
    }
}
