using GuestTune.Controller.LibvirtAuth;
using GuestTune.HostController.Tests.HostPractices;
using GuestTune.PrivateLibvirts;

namespace GuestTune.HostController.Tests.LibvirtAuth;

public sealed class LibvirtCertificatesTests : IDisposable
{
    private readonly HostTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [Theory]
    [InlineData("host1.example.com", "host1.example.com", null)]
    [InlineData("host1", "host1.example.com", null)]
    [InlineData("host1", "*.example.com", null)]
    [InlineData("host1.example.com", "*.example.com", null)]
    [InlineData("host1.example.com", "host1", "is for host1, 127.0.0.1, not for host1.example.com, which is this host's name: clients must use a name of the certificate in their URI")]
    [InlineData("host1", "host10.example.com", "not for host1, ")]
    public void Check_NamesOfTheHost_WarnOnlyWhereClientsWouldRefuse(string host, string certificate, string? warning)
    {
        _tree.Write("/proc/sys/kernel/hostname", host + "\n");
        foreach (var directory in new[] { "/etc/pki/CA", "/etc/pki/libvirt/private" })
        {
            Directory.CreateDirectory(_tree.PathOf(directory));
        }

        TestCertificates.Write(_tree.PathOf("/etc/pki"), certificate);
        File.Move(_tree.PathOf("/etc/pki/cacert.pem"), _tree.PathOf("/etc/pki/CA/cacert.pem"));
        File.Move(_tree.PathOf("/etc/pki/servercert.pem"), _tree.PathOf("/etc/pki/libvirt/servercert.pem"));
        File.Move(_tree.PathOf("/etc/pki/serverkey.pem"), _tree.PathOf("/etc/pki/libvirt/private/serverkey.pem"));
        var service = new LibvirtService("libvirtd", "/etc/libvirt/libvirtd.conf", "/etc/sasl2/libvirt.conf", null, IsSocketActivated: false);
        var warnings = new List<string>();

        Assert.Empty(new LibvirtCertificates(_tree.Files, new AuthFiles(_tree.Files, service), TimeProvider.System).Check([], warnings));

        Assert.Equal(warning is null ? 0 : 1, warnings.Count);
        Assert.Contains(warning ?? "", string.Join(';', warnings), StringComparison.Ordinal);
    }
}
