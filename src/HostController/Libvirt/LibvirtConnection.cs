using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;

namespace GuestTune.Controller.Libvirt;

/// <summary>
/// A connection to libvirt. All calls block, and libvirt keeps errors per thread: use it on one thread.
/// </summary>
internal sealed unsafe class LibvirtConnection : IDisposable
{
    private const int QemuGaTimeoutSeconds = 5;

    private readonly ConnectionHandle _connection;

    private LibvirtConnection(ConnectionHandle connection) => _connection = connection;

    /// <exception cref="DllNotFoundException">libvirt is not installed.</exception>
    /// <exception cref="LibvirtException">The URI cannot be opened.</exception>
    public static LibvirtConnection OpenReadOnly(string uri) => Open(LibvirtNative.ConnectOpenReadOnly, "virConnectOpenReadOnly", uri);

    /// <summary>For what libvirt does not let those do who only read.</summary>
    /// <exception cref="DllNotFoundException">libvirt is not installed.</exception>
    /// <exception cref="LibvirtException">The URI cannot be opened, or not by this user.</exception>
    public static LibvirtConnection Open(string uri) => Open(LibvirtNative.ConnectOpen, "virConnectOpen", uri);

    private static LibvirtConnection Open(Func<string, ConnectionHandle> open, string function, string uri)
    {
        if (LibvirtNative.Initialize() != 0)
        {
            throw LastError("virInitialize");
        }

        LibvirtNative.SetErrorFunc(null, &LibvirtNative.IgnoreError);
        var connection = open(uri);
        if (connection.IsInvalid)
        {
            var error = LastError(function);
            connection.Dispose();
            throw error;
        }

        return new LibvirtConnection(connection);
    }

    /// <summary>Name and live XML of every running domain; one that stops meanwhile is left out.</summary>
    /// <exception cref="LibvirtException">The list cannot be had.</exception>
    public IReadOnlyList<(string Name, string Xml)> RunningDomains()
    {
        var count = LibvirtNative.ConnectListAllDomains(_connection, out var list, LibvirtNative.ListDomainsActive);
        if (count < 0)
        {
            throw LastError("virConnectListAllDomains");
        }

        var handles = new DomainHandle[count];
        for (var i = 0; i < count; i++)
        {
            handles[i] = new DomainHandle(list[i]);
        }

        LibvirtNative.Free(list);
        var domains = new List<(string, string)>(count);
        foreach (var handle in handles)
        {
            using (handle)
            {
                if (Utf8StringMarshaller.ConvertToManaged(LibvirtNative.DomainGetName(handle)) is { } name && Xml(handle) is { } xml)
                {
                    domains.Add((name, xml));
                }
            }
        }

        return domains;
    }

    /// <summary>Lets libvirt, which has the channel, ask qemu-ga. It marks the domain as tainted by that ("custom-ga-command").</summary>
    /// <exception cref="DllNotFoundException">libvirt-qemu.so.0 is not installed.</exception>
    /// <exception cref="LibvirtException">There is no such domain, or no answer.</exception>
    public string AskQemuGa(string domain, string command)
    {
        using var handle = Find(domain);
        var answer = LibvirtNative.DomainQemuAgentCommand(handle, command, QemuGaTimeoutSeconds, 0);
        if (answer is null)
        {
            throw LastError("virDomainQemuAgentCommand");
        }

        var text = Marshal.PtrToStringUTF8((nint)answer) ?? "";
        LibvirtNative.Free(answer);
        return text;
    }

    /// <summary>As the reset button: memory and processors begin anew, the domain stays.</summary>
    /// <exception cref="LibvirtException">There is no such domain, it does not run, or libvirt refuses.</exception>
    public void ResetDomain(string name)
    {
        using var domain = Find(name);
        if (LibvirtNative.DomainReset(domain, 0) != 0)
        {
            throw LastError("virDomainReset");
        }
    }

    public void Dispose() => _connection.Dispose();

    private DomainHandle Find(string domain)
    {
        var found = LibvirtNative.DomainLookupByName(_connection, domain);
        return found != 0 ? new DomainHandle(found) : throw LastError("virDomainLookupByName");
    }

    private static string? Xml(DomainHandle domain)
    {
        var xml = LibvirtNative.DomainGetXmlDesc(domain, 0);
        if (xml is null)
        {
            return null;
        }

        var text = Marshal.PtrToStringUTF8((nint)xml);
        LibvirtNative.Free(xml);
        return text;
    }

    private static LibvirtException LastError(string function)
    {
        var error = LibvirtNative.GetLastError();
        return error is null
            ? new LibvirtException($"{function} failed without a reason")
            : new LibvirtException(error->Code, Utf8StringMarshaller.ConvertToManaged(error->Message) ?? $"{function} failed with code {error->Code}");
    }
}
