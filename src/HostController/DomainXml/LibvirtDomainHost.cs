using GuestTune.Controller.Libvirt;

namespace GuestTune.Controller.DomainXml;

/// <summary>
/// Domain practices' view of a libvirt. Where its daemon is restarted meanwhile, what only reads is asked again; what changes is not, and throws a
/// <see cref="LibvirtException"/> that says that the connection was lost.
/// </summary>
/// <param name="listed">Domains that need not be looked up again.</param>
internal sealed class LibvirtDomainHost(LibvirtClient client, ListedDomains? listed = null) : IDomainHost
{
    public string Uri => client.Uri;

    public bool IsThisHost => LibvirtUri.IsThisHost(client.Uri);

    public bool HasDevicesOfThisHost => LibvirtUri.HasDevicesOfThisHost(client.Uri);

    public string Capabilities() => Read(static c => c.Capabilities());

    public string? DomainCapabilities(string? emulator, string? architecture, string? machine, string? virtualization)
    {
        try
        {
            return Read(c => c.DomainCapabilities(emulator, architecture, machine, virtualization));
        }
        catch (LibvirtException e) when (e.Code is LibvirtErrorCode.NoSupport or LibvirtErrorCode.OperationDenied)
        {
            return null;
        }
    }

    public int CpuNumbers() => Read(static c => c.HostSize()).CpuNumbers;

    public long FreePages(int node, int pageSizeKib) => Read(c => c.FreePages(node, pageSizeKib));

    public IDomain Find(string name) => Read(c => new Domain(this, c, listed?.Find(c, name) ?? c.Find(name)));

    public IReadOnlyList<DomainDefinition> Definitions() => Read(static connection =>
    {
        var definitions = new List<DomainDefinition>();
        foreach (var domain in connection.Domains(DomainFilter.All))
        {
            using (domain)
            {
                try
                {
                    definitions.Add(new DomainDefinition(domain.Uuid, domain.Name, domain.Xml(DomainXmlFlags.Inactive)));
                    if (domain.State is not (DomainState.ShutOff or DomainState.Crashed))
                    {
                        definitions.Add(new DomainDefinition(domain.Uuid, domain.Name, domain.Xml(DomainXmlFlags.Live)));
                    }
                }
                catch (LibvirtException e) when (e.Code == LibvirtErrorCode.NoDomain)
                {
                    // Undefined since it was listed.
                }
                catch (LibvirtException e) when (e.Code == LibvirtErrorCode.Rpc && connection.IsAlive)
                {
                    definitions.Add(new DomainDefinition(domain.Uuid, domain.Name, Xml: null, $"libvirt cannot hand over its definition, which is too large: {e.Message}"));
                }
            }
        }

        return definitions;
    });

    private T Read<T>(Func<LibvirtConnection, T> question)
    {
        try
        {
            return client.Ask(question);
        }
        catch (LibvirtException e) when (e.IsConnectionLost)
        {
            return client.Ask(question);
        }
    }

    private void Change(Action<LibvirtConnection> change) => client.Ask(connection =>
    {
        change(connection);
        return true;
    });

    private sealed class Domain(LibvirtDomainHost host, LibvirtConnection connection, LibvirtDomain domain) : IDomain
    {
        private LibvirtConnection _connection = connection;
        private LibvirtDomain _domain = domain;

        public string Name => _domain.Name;

        public Guid Uuid => _domain.Uuid;

        public bool IsActive => _domain.WasActive;

        public bool IsPersistent => Read(static d => d.IsPersistent);

        public bool HasJob => Read(static d => d.HasJob);

        public string Xml(DomainXmlFlags flags) => Read(d => d.Xml(flags));

        public void Redefine(Func<string, string?> edit)
        {
            var isAsked = false;
            try
            {
                Ask();
            }
            catch (LibvirtException e) when (e.IsConnectionLost && !isAsked)
            {
                Ask();
            }

            void Ask() => host.Change(connection =>
            {
                if (edit(On(connection).Xml(DomainXmlFlags.Inactive | DomainXmlFlags.Secure)) is { } xml)
                {
                    isAsked = true;
                    connection.Define(xml).Dispose();
                }
            });
        }

        public IReadOnlyList<IOThread> LiveIOThreads() => Read(static d => d.IOThreads(DomainAffect.Live));

        public void AddLiveIOThread(int id) => Change(d => d.AddIOThread(id, DomainAffect.Live));

        public void RemoveLiveIOThread(int id) => Change(d => d.RemoveIOThread(id, DomainAffect.Live));

        public void PinLiveIOThread(int id, IReadOnlyCollection<int> cpus) => Change(d => d.PinIOThread(id, cpus, DomainAffect.Live));

        public void AttachLive(string xml) => Change(d => d.AttachDevice(xml, DomainAffect.Live));

        public void DetachLive(string xml) => Change(d => d.DetachDevice(xml, DomainAffect.Live));

        public void Dispose() => _domain.Dispose();

        private T Read<T>(Func<LibvirtDomain, T> question) => host.Read(c => question(On(c)));

        private void Change(Action<LibvirtDomain> change) => host.Change(c => change(On(c)));

        /// <summary>A domain belongs to a connection.</summary>
        private LibvirtDomain On(LibvirtConnection connection)
        {
            if (!ReferenceEquals(connection, _connection))
            {
                var found = connection.Find(_domain.Uuid);
                _domain.Dispose();
                (_connection, _domain) = (connection, found);
            }

            return _domain;
        }
    }
}
