using GuestTune.Controller.Libvirt;

namespace GuestTune.Controller.DomainXml;

/// <summary>Domain practices' view of a libvirt connection.</summary>
internal sealed class LibvirtDomainHost(string uri, LibvirtConnection connection) : IDomainHost
{
    public string Uri => uri;

    public bool IsThisHost => LibvirtUri.IsThisHost(uri);

    public string Capabilities() => connection.Capabilities();

    public string? DomainCapabilities(string? emulator, string? architecture, string? machine, string? virtualization)
    {
        try
        {
            return connection.DomainCapabilities(emulator, architecture, machine, virtualization);
        }
        catch (LibvirtException e) when (e.Code is LibvirtErrorCode.NoSupport or LibvirtErrorCode.OperationDenied)
        {
            return null;
        }
    }

    public int CpuNumbers() => connection.HostSize().CpuNumbers;

    public long FreePages(int node, int pageSizeKib) => connection.FreePages(node, pageSizeKib);

    public IDomain Find(string name) => Of(connection.Find(name));

    /// <summary>One that was found on this connection.</summary>
    public static IDomain Of(LibvirtDomain domain) => new Domain(domain);

    public IReadOnlyList<(Guid Uuid, string Name, string Xml)> Definitions()
    {
        var definitions = new List<(Guid, string, string)>();
        foreach (var domain in connection.Domains(DomainFilter.All))
        {
            using (domain)
            {
                try
                {
                    definitions.Add((domain.Uuid, domain.Name, domain.Xml(DomainXmlFlags.Inactive)));
                    if (domain.State is not (DomainState.ShutOff or DomainState.Crashed))
                    {
                        definitions.Add((domain.Uuid, domain.Name, domain.Xml(DomainXmlFlags.Live)));
                    }
                }
                catch (LibvirtException e) when (e.Code == LibvirtErrorCode.NoDomain)
                {
                    // Undefined since it was listed.
                }
            }
        }

        return definitions;
    }

    public void Define(string xml) => connection.Define(xml).Dispose();

    private sealed class Domain(LibvirtDomain domain) : IDomain
    {
        public string Name => domain.Name;

        public Guid Uuid => domain.Uuid;

        public bool IsActive => domain.WasActive;

        public bool IsPersistent => domain.IsPersistent;

        public bool HasJob
        {
            get
            {
                try
                {
                    return domain.HasJob;
                }
                catch (LibvirtException e) when (e.Code == LibvirtErrorCode.NoSupport)
                {
                    return false;
                }
            }
        }

        public string Xml(DomainXmlFlags flags) => domain.Xml(flags);

        public IReadOnlyList<IOThread> LiveIOThreads() => domain.IOThreads(DomainAffect.Live);

        public void AddLiveIOThread(int id) => domain.AddIOThread(id, DomainAffect.Live);

        public void RemoveLiveIOThread(int id) => domain.RemoveIOThread(id, DomainAffect.Live);

        public void PinLiveIOThread(int id, IReadOnlyCollection<int> cpus) => domain.PinIOThread(id, cpus, DomainAffect.Live);

        public void AttachLive(string xml) => domain.AttachDevice(xml, DomainAffect.Live);

        public void DetachLive(string xml) => domain.DetachDevice(xml, DomainAffect.Live);

        public void Dispose() => domain.Dispose();
    }
}
