using GuestTune.Controller.Inventory;
using GuestTune.Controller.Rendering;
using GuestTune.Controller.Serving;

namespace GuestTune.Controller.Libvirt;

/// <summary>
/// The running domains of one libvirt URI. The socket of a channel has the domain's id in its path, which changes with
/// every start, so the live XML is read for every call.
/// </summary>
internal sealed class LibvirtVmSource(LibvirtClient client, TimeSpan? patience = null) : IVmSource
{
    public const string DefaultUri = "qemu:///system";

    private static readonly TimeSpan UsualPatience = TimeSpan.FromSeconds(10);

    private static readonly string[] DaemonSockets =
        ["/run/libvirt/virtqemud-sock-ro", "/run/libvirt/libvirt-sock-ro", "/run/libvirt/virtqemud-sock", "/run/libvirt/libvirt-sock"];

    public string Name => $"libvirt {client.Uri}";

    /// <summary>Whether this host runs libvirt for QEMU, so that it is worth asking without being told to.</summary>
    public static bool DaemonIsPresent() => DaemonSockets.Any(File.Exists);

    /// <summary>Whether libvirt for QEMU is installed on this host, so that a daemon which does not answer is a fault.</summary>
    public static bool DaemonIsInstalled() => File.Exists("/usr/sbin/libvirtd") || File.Exists("/usr/sbin/virtqemud");

    public async ValueTask<IReadOnlyList<VmEntry>> ListAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await client.AskAsync(List, cancellationToken, patience ?? UsualPatience);
        }
        catch (LibvirtException e)
        {
            throw new VmSourceException($"{Name} cannot be asked: {TerminalText.Escape(e.Message, 400)}", e);
        }
    }

    /// <summary>By QEMU's socket, where that is on this host and this user may: that takes no right to change domains, and lets programs take turns.</summary>
    private bool CanConnect(string path) => LibvirtUri.HasPathsOfThisHost(client.Uri) && Libc.Access(path, Libc.MayWrite) == 0;

    private List<VmEntry> List(LibvirtConnection connection)
    {
        var vms = new List<VmEntry>();
        foreach (var domain in connection.Domains(DomainFilter.Running))
        {
            using (domain)
            {
                try
                {
                    vms.Add(DomainXml.ToEntry(domain, client.Uri, DomainXmlFlags.Live, CanConnect));
                }
                catch (LibvirtException e) when (e.Code == LibvirtErrorCode.NoDomain)
                {
                    // It stopped meanwhile, and was transient.
                }
            }
        }

        return vms;
    }
}
