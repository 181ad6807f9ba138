using GuestTune.Controller.Inventory;
using GuestTune.Controller.Rendering;

namespace GuestTune.Controller.Libvirt;

/// <summary>
/// The running domains of one libvirt URI. The socket of a channel has the domain's id in its path, which changes with
/// every start, so the live XML is read for every call.
/// </summary>
internal sealed class LibvirtVmSource(string uri, TimeSpan? patience = null) : IVmSource
{
    public const string DefaultUri = "qemu:///system";

    private static readonly TimeSpan UsualPatience = TimeSpan.FromSeconds(10);

    private static readonly string[] DaemonSockets =
        ["/run/libvirt/virtqemud-sock-ro", "/run/libvirt/libvirt-sock-ro", "/run/libvirt/virtqemud-sock", "/run/libvirt/libvirt-sock"];

    private readonly TimeSpan _patience = patience ?? UsualPatience;
    private Task<IReadOnlyList<VmEntry>>? _stuck;

    public string Name => $"libvirt {uri}";

    /// <summary>Whether this host runs libvirt for QEMU, so that it is worth asking without being told to.</summary>
    public static bool DaemonIsPresent() => DaemonSockets.Any(File.Exists);

    public async ValueTask<IReadOnlyList<VmEntry>> ListAsync(CancellationToken cancellationToken)
    {
        // A libvirtd that hangs keeps its caller waiting for ever: the thread is left behind, the user is not. Later calls
        // wait for the same thread, or a daemon would gather one for each of them.
        var listing = Volatile.Read(ref _stuck) is { IsCompleted: false } stuck
            ? stuck
            : Task.Factory.StartNew(List, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            return await listing.WaitAsync(_patience, cancellationToken);
        }
        catch (DllNotFoundException e)
        {
            throw new VmSourceException(
                $"libvirt {uri} cannot be asked: libvirt.so.0 is not installed (Debian: libvirt0, Fedora and openEuler: libvirt-libs); or use an inventory file", e);
        }
        catch (EntryPointNotFoundException e)
        {
            throw new VmSourceException($"libvirt {uri} cannot be asked: the installed libvirt.so.0 is older than 0.9.13: {e.Message}", e);
        }
        catch (LibvirtException e)
        {
            throw new VmSourceException($"libvirt {uri} cannot be asked: {TerminalText.Escape(e.Message, 400)}", e);
        }
        catch (TimeoutException e)
        {
            throw new VmSourceException($"libvirt {uri} gave no answer within {_patience.TotalSeconds:0.#} s; is its daemon hanging?", e);
        }
        finally
        {
            if (!listing.IsCompleted)
            {
                Volatile.Write(ref _stuck, listing);
            }
        }
    }

    private IReadOnlyList<VmEntry> List()
    {
        using var connection = LibvirtConnection.OpenReadOnly(uri);
        return [.. connection.RunningDomains().Select(d => DomainXml.ToEntry(d.Name, uri, d.Xml))];
    }
}
