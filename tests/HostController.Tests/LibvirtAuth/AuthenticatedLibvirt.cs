using GuestTune.Controller.HostPractices;
using GuestTune.Controller.LibvirtAuth;
using GuestTune.HostController.Tests.Fakes;
using GuestTune.Practices.Commands;
using GuestTune.Practices.Files;
using GuestTune.PrivateLibvirts;

namespace GuestTune.HostController.Tests.LibvirtAuth;

/// <summary>A real libvirtd of a test's own, with its files for SASL and TLS, and the practice that configures them.</summary>
internal sealed class AuthenticatedLibvirt : ILibvirtControl, IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public AuthenticatedLibvirt()
    {
        Assert.SkipWhen(PrivateLibvirt.WhyNot is not null, PrivateLibvirt.WhyNot ?? "");
        Assert.SkipUnless(File.Exists("/usr/sbin/saslpasswd2"), "saslpasswd2 is not installed (package sasl2-bin)");
        _directory.File("libvirt.conf", $"# Mechanisms of libvirt\nmech_list: gssapi\n#sasldb_path: /etc/libvirt/passwd.db\n");
        Libvirt = new PrivateLibvirt(new PrivateLibvirtOptions
        {
            Listen = true,
            DaemonSettings = [$"ca_file = \"{PathOf("cacert.pem")}\"", $"cert_file = \"{PathOf("servercert.pem")}\"", $"key_file = \"{PathOf("serverkey.pem")}\" # kept", "#auth_tcp = \"sasl\""],
            Environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["SASL_CONF_PATH"] = _directory.Path },
        });
        File.AppendAllText(PathOf("libvirt.conf"), $"sasldb_path: {Database}\n");
        Service = new LibvirtService(LibvirtService.Monolithic, Libvirt.PathOf("libvirtd.conf"), PathOf("libvirt.conf"), PathOf("libvirtd.env"), IsSocketActivated: false);
        var files = new RootedFileSystem("/");
        var commands = new CommandRunner(files, TimeProvider.System);
        Users = new SaslUsers(files, commands, Database);
        Host = new HostTuning([new LibvirtAuthPractice(files, this, commands, TimeProvider.System)], files, PathOf("state"), TimeProvider.System);
    }

    public PrivateLibvirt Libvirt { get; }

    public LibvirtService Service { get; }

    public SaslUsers Users { get; }

    public HostTuning Host { get; }

    public int Restarts { get; private set; }

    public string Database => PathOf("passwd.db");

    public string TcpUri => $"qemu+tcp://{Libvirt.Address}:16509/system";

    /// <summary>The three files as they are.</summary>
    public string Configuration => string.Join("\n---\n", new[] { Service.ConfigurationFile, Service.SaslFile, Service.ArgumentsFile! }.Select(static f => File.Exists(f) ? File.ReadAllText(f) : "(none)"));

    public string PathOf(string name) => _directory.PathOf(name);

    public LibvirtService? Find(out string? problem)
    {
        problem = null;
        return Service;
    }

    public bool IsUnitOn(string unit) => false;

    public void Restart(LibvirtService service, IReadOnlyDictionary<string, bool> units)
    {
        Restarts++;
        Libvirt.Kill();
        Libvirt.Start();
    }

    public void Stop(LibvirtService service, IReadOnlyCollection<string> sockets) => Libvirt.Kill();

    public LoginOutcome LogIn(string? user, string? password) => Login.Try(new LoginAttempt(TcpUri, user, password, null)).Outcome;

    public void WriteCertificates(DateTimeOffset? until = null) => TestCertificates.Write(_directory.Path, until: until);

    public void Dispose()
    {
        Host.DisposeAsync().AsTask().GetAwaiter().GetResult();
        Libvirt.Dispose();
        _directory.Dispose();
    }
}
