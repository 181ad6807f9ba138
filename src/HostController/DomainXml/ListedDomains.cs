using GuestTune.Controller.Libvirt;

namespace GuestTune.Controller.DomainXml;

/// <summary>The domains of one list, kept for those who only read them: to find one anew takes as long as to have its XML.</summary>
internal sealed class ListedDomains(LibvirtConnection connection, IReadOnlyList<LibvirtDomain> domains) : IDisposable
{
    private readonly Dictionary<string, LibvirtDomain> _domains = domains.ToDictionary(static d => d.Name, StringComparer.Ordinal);

    public IEnumerable<LibvirtDomain> All => _domains.Values;

    /// <returns>Null where it is not of this connection, since libvirt was connected to anew.</returns>
    public LibvirtDomain? Find(LibvirtConnection asked, string name) => ReferenceEquals(asked, connection) ? _domains.GetValueOrDefault(name) : null;

    public void Dispose()
    {
        foreach (var domain in domains)
        {
            domain.Dispose();
        }
    }
}
