using System.Diagnostics;
using GuestTune.EndToEnd.Cli;
using GuestTune.EndToEnd.Guests;
using GuestTune.PrivateLibvirts;
using GuestTune.Testing;

namespace GuestTune.EndToEnd.Libvirt;

/// <summary>A libvirtd that serves users with a password over TCP and those with a certificate over TLS, as one of another host would, and a guest that it has booted; made when the first test asks for it.</summary>
public sealed class RemoteLibvirt : IAsyncLifetime
{
    public const string VmName = "vm1";

    /// <summary>How many huge pages this machine has reserved, and where it is told.</summary>
    public const string HugePagePool = "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages";

    private const string User = "operator";
    private const string Password = "correct horse";

    /// <summary>Of an emulated guest on a busy host.</summary>
    private static readonly TimeSpan BootLimit = TimeSpan.FromMinutes(4);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gtsasl-");
    private readonly Lazy<Task> _booted;
    private PrivateLibvirt? _libvirt;
    private GuestConsole? _console;

    public RemoteLibvirt() => _booted = new Lazy<Task>(BootAsync);

    public PrivateLibvirt Libvirt => _libvirt!;

    /// <summary>The way into the guest that takes neither libvirt nor the product.</summary>
    public GuestConsole Console => _console!;

    private string ConsoleSocket => Libvirt.PathOf("console");

    private string Disk => PathOf("disk");

    private string Certificates => PathOf("pki");

    private string KernelLog => Libvirt.PathOf("kernel.log");

    /// <summary>Waits until the guest runs and its agent answers.</summary>
    public async Task EnsureBootedAsync()
    {
        Prerequisites.SkipIfMissing();
        Assert.SkipWhen(PrivateLibvirt.WhyNot is not null, PrivateLibvirt.WhyNot ?? "");
        Assert.SkipUnless(File.Exists("/usr/sbin/saslpasswd2"), "saslpasswd2 is not installed (package sasl2-bin)");
        await _booted.Value;
        Libvirt.EnsureRunning();
    }

    /// <summary>As a user of another host: all that is known is an address, a user and a password.</summary>
    public GuesttuneCli NewCli(string password = Password)
    {
        var file = PathOf($"{Guid.NewGuid()}.conf");
        File.WriteAllText(file, $"[credentials-test]\nauthname={User}\npassword={password}\n\n[auth-libvirt-{Libvirt.Address}]\ncredentials=test\n");
        return GuesttuneCli.ForLibvirt($"qemu+tcp://{Libvirt.Address}:16509/system?authfile={file}");
    }

    /// <summary>As a user of another host with a certificate.</summary>
    /// <param name="isKnown">It is from the daemon's CA, and not from another one.</param>
    public GuesttuneCli NewTlsCli(bool isKnown = true)
    {
        var folder = Certificates;
        if (!isKnown)
        {
            folder = Directory.CreateDirectory(PathOf($"{Guid.NewGuid()}")).FullName;
            TestCertificates.Write(folder);
            File.Copy(Path.Combine(Certificates, "cacert.pem"), Path.Combine(folder, "cacert.pem"), overwrite: true);
        }

        return GuesttuneCli.ForLibvirt($"qemu+tls://{Libvirt.Address}/system?pkipath={folder}");
    }

    /// <summary>As a user of the host that the libvirtd is on.</summary>
    public GuesttuneCli NewLocalCli() => GuesttuneCli.ForLibvirt("qemu:///system", Libvirt.Inside);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_console is not null)
        {
            await _console.DisposeAsync();
        }

        _libvirt?.Dispose();
        _folder.Delete(recursive: true);
    }

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);

    private async Task BootAsync()
    {
        var image = await GuestImage.BuildAsync(KernelFlavour.WithHaltpoll);
        var accelerator = await AcceleratorProbe.ChooseAsync(image);
        await VmDisk.CreateAsync(Disk);
        AddUser();
        var options = new PrivateLibvirtOptions();
        Directory.CreateDirectory(Certificates);
        TestCertificates.Write(Certificates, address: options.Address);
        _libvirt = new PrivateLibvirt(options with
        {
            Listen = true,
            HasHugePages = File.Exists(HugePagePool),
            DaemonSettings =
            [
                "listen_tcp = 1", "auth_tcp = \"sasl\"", "listen_tls = 1", "auth_tls = \"none\"",
                $"ca_file = \"{Certificates}/cacert.pem\"", $"cert_file = \"{Certificates}/servercert.pem\"", $"key_file = \"{Certificates}/serverkey.pem\"",
            ],
            Environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["SASL_CONF_PATH"] = _folder.FullName },
        });
        _libvirt.Define(DomainXml(image, accelerator));
        _libvirt.Virsh("start", VmName);
        _console = await GuestConsole.ConnectAsync(ConsoleSocket);
        using var deadline = new CancellationTokenSource(BootLimit);
        try
        {
            await _console.WaitForBootAsync(deadline.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or TestVmException)
        {
            throw new TestVmException($"The guest of libvirt did not boot ({e.Message}). Its kernel said:\n{await File.ReadAllTextAsync(KernelLog, CancellationToken.None)}", e);
        }

        using var cli = NewCli();
        (await cli.RunAsync("ping", VmName, "--timeout", $"{BootLimit.TotalSeconds}")).ShouldEndWith(0);
    }

    /// <summary>By SASL's own program.</summary>
    private void AddUser()
    {
        File.WriteAllText(PathOf("libvirt.conf"), $"mech_list: digest-md5\nsasldb_path: {PathOf("passwd.db")}\n");
        using var process = Process.Start(new ProcessStartInfo("/usr/sbin/saslpasswd2", ["-p", "-c", "-f", PathOf("passwd.db"), "-a", "libvirt", User])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
        })!;
        process.StandardInput.Write(Password);
        process.StandardInput.Close();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    /// <summary>What <see cref="Accelerator"/> says of QEMU, whose remarks tell why.</summary>
    private string DomainXml(GuestImage image, Accelerator accelerator)
    {
        var isKvm = accelerator == Accelerator.Kvm;
        return $"""
            <domain type='{(isKvm ? "kvm" : "qemu")}'>
              <name>{VmName}</name>
              <memory unit='MiB'>512</memory>
              <vcpu>2</vcpu>
              <os>
                <type arch='x86_64' machine='q35'>hvm</type>
                <kernel>{image.Kernel}</kernel>
                <initrd>{image.Initramfs}</initrd>
                <cmdline>console=ttyS0 quiet panic=-1</cmdline>
              </os>
              <features><acpi/>{(isKvm ? "" : "<tcg><tb-cache unit='MiB'>256</tb-cache></tcg>")}</features>
              {(isKvm ? "<cpu mode='host-passthrough'/>" : "<cpu mode='maximum'><feature policy='disable' name='cx16'/></cpu>")}
              <devices>
                <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='{Disk}'/><target dev='vda' bus='virtio'/></disk>
                <serial type='file'><source path='{KernelLog}'/><target port='0'/></serial>
                <serial type='unix'><source mode='bind' path='{ConsoleSocket}'/><target port='1'/></serial>
                <channel type='unix'><target type='virtio' name='{TestVmOptions.AgentPort}'/></channel>
                <memballoon model='none'/>
              </devices>
            </domain>
            """;
    }
}
