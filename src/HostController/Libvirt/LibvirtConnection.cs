using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace GuestTune.Controller.Libvirt;

/// <summary>
/// A connection to a libvirt of any URI. Every member asks libvirt, blocks until it answers, and throws
/// <see cref="LibvirtException"/>; any thread may call, several at once too. <see cref="LibvirtClient"/> has the time limits.
/// </summary>
internal sealed unsafe class LibvirtConnection : IDisposable
{
    private const uint ReadOnly = 1; // VIR_CONNECT_RO
    private const uint NonBlocking = 1; // VIR_STREAM_NONBLOCK
    private const uint Validate = 1; // VIR_DOMAIN_DEFINE_VALIDATE

    /// <summary>As virsh: a daemon that does not react for half a minute has its connection closed, and whoever waits for it an error.</summary>
    private const int KeepAliveSeconds = 5;
    private const int KeepAliveCount = 6;

    // VIR_CRED_*: what SASL mechanisms ask for, as virsh has them. Without an entry here a mechanism that needs it is not even tried; with
    // VIR_CRED_USERNAME, which is for acting as somebody else, an auth file that has no username would not do.
    private static readonly int[] CredentialTypes = [2, 5, 7, 8];

    private readonly ConnectionHandle _handle;
    private bool _hasCallback;

    private LibvirtConnection(ConnectionHandle handle) => _handle = handle;

    /// <summary>
    /// Credentials that the other side asks for come from libvirt's own auth file (auth.html): <c>?authfile=</c> in the URI,
    /// $LIBVIRT_AUTH_FILE, ~/.config/libvirt/auth.conf or /etc/libvirt/auth.conf. Nobody is ever prompted.
    /// </summary>
    public static LibvirtConnection Open(string uri, LibvirtAccess access)
    {
        LibvirtCall.Start();
        var wasAsked = 0;
        fixed (int* types = CredentialTypes)
        {
            var auth = new LibvirtNative.VirConnectAuth
            {
                CredentialTypes = types,
                CredentialTypeCount = (uint)CredentialTypes.Length,
                Callback = &RefuseCredentials,
                UserData = &wasAsked,
            };
            var handle = LibvirtNative.virConnectOpenAuth(uri, &auth, access == LibvirtAccess.Read ? ReadOnly : 0);
            if (handle.IsInvalid)
            {
                var error = LibvirtCall.LastError(nameof(LibvirtNative.virConnectOpenAuth));
                handle.Dispose();
                throw wasAsked == 0 ? error : new LibvirtException(
                    error.Code,
                    error.Domain,
                    $"it asks for a user and a password, and libvirt's auth file has none for it: name one in the URI (?authfile=FILE) or in $LIBVIRT_AUTH_FILE ({error.Message})")
                {
                    LacksCredentials = true,
                };
            }

            // Drivers that work in this process have no daemon that could hang.
            _ = LibvirtNative.virConnectSetKeepAlive(handle, KeepAliveSeconds, KeepAliveCount);
            return new LibvirtConnection(handle);
        }
    }

    /// <summary>False once the daemon has gone away, or it was disposed of: then open another one.</summary>
    public bool IsAlive
    {
        get
        {
            try
            {
                return LibvirtNative.virConnectIsAlive(_handle) == 1;
            }
            catch (ObjectDisposedException)
            {
                return false;
            }
        }
    }

    /// <param name="closed">Called once when the daemon goes away, on the thread that notices, libvirt's event thread or one that asks it: streams do not notice by themselves.</param>
    public void WhenClosed(Action closed)
    {
        var handle = (void*)GCHandle.ToIntPtr(GCHandle.Alloc(closed));
        LibvirtCall.Checked(LibvirtNative.virConnectRegisterCloseCallback(_handle, &OnClosed, handle, &LibvirtNative.FreeUserData));
        _hasCallback = true;
    }

    /// <summary>XML: the host, its security models, and what guests it can have (formatcaps.html).</summary>
    public string Capabilities() => LibvirtCall.Text(LibvirtNative.virConnectGetCapabilities(_handle));

    /// <summary>XML: what domains of this kind can have (formatdomaincaps.html). What is null is as libvirt would choose it.</summary>
    public string DomainCapabilities(string? emulator, string? architecture, string? machine, string? virtualization) =>
        LibvirtCall.Text(LibvirtNative.virConnectGetDomainCapabilities(_handle, emulator, architecture, machine, virtualization, 0));

    public HostSize HostSize()
    {
        LibvirtCall.Checked(LibvirtNative.virNodeGetInfo(_handle, out var info));
        return new HostSize(
            (int)info.Cpus,
            (int)(info.NumaNodes * info.SocketsPerNode * info.CoresPerSocket * info.ThreadsPerCore), // VIR_NODEINFO_MAXCPUS
            (int)info.NumaNodes,
            (long)info.MemoryKib);
    }

    /// <summary>How many pages of a size are free on one NUMA node.</summary>
    public long FreePages(int node, int pageSizeKib)
    {
        var size = (uint)pageSizeKib;
        ulong count;
        LibvirtCall.Checked(LibvirtNative.virNodeGetFreePages(_handle, 1, &size, node, 1, &count, 0));
        return (long)count;
    }

    /// <summary>The caller disposes of each.</summary>
    public IReadOnlyList<LibvirtDomain> Domains(DomainFilter filter)
    {
        var count = LibvirtCall.Checked(LibvirtNative.virConnectListAllDomains(_handle, out var list, (uint)filter));
        var domains = new LibvirtDomain[count];
        for (var i = 0; i < count; i++)
        {
            domains[i] = new LibvirtDomain(list[i]);
        }

        LibvirtNative.Free(list);
        return domains;
    }

    /// <summary>The caller disposes of it.</summary>
    public LibvirtDomain Find(string name) => new(LibvirtCall.Checked(LibvirtNative.virDomainLookupByName(_handle, name)));

    /// <summary>The caller disposes of it.</summary>
    public LibvirtDomain Find(Guid uuid) => new(LibvirtCall.Checked(LibvirtNative.virDomainLookupByUUIDString(_handle, uuid.ToString())));

    /// <summary>Defines a domain or redefines it; the XML is held against libvirt's schema, without which what it does not know is dropped in silence.</summary>
    public LibvirtDomain Define(string xml) => new(LibvirtCall.Checked(LibvirtNative.virDomainDefineXMLFlags(_handle, xml, Validate)));

    /// <summary>The host's end of a port of a domain that runs.</summary>
    /// <param name="channel">The target name of a channel of type 'unix'.</param>
    public LibvirtStream OpenChannel(string domain, string channel)
    {
        var stream = LibvirtNative.virStreamNew(_handle, NonBlocking);
        try
        {
            LibvirtCall.Checked(stream.IsInvalid ? -1 : 0, nameof(LibvirtNative.virStreamNew));
            using var found = Find(domain);
            found.OpenChannel(channel, stream);
            return new LibvirtStream(stream);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        // It would keep the connection open.
        if (_hasCallback && !_handle.IsClosed)
        {
            _ = LibvirtNative.virConnectUnregisterCloseCallback(_handle, &OnClosed);
        }

        _handle.Dispose();
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnClosed(void* connection, int reason, void* closed) => ((Action)GCHandle.FromIntPtr((nint)closed).Target!)();

    // Only what the auth file has not is asked for.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int RefuseCredentials(void* credentials, uint count, void* wasAsked)
    {
        *(int*)wasAsked = 1;
        return -1;
    }
}
