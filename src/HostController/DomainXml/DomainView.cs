using System.Xml.Linq;
using GuestTune.Controller.DomainXml.Editing;
using GuestTune.Controller.Libvirt;
using GuestTune.Practices;

namespace GuestTune.Controller.DomainXml;

/// <summary>A domain during one call: its definition and its running state are read once, and again after something was changed.</summary>
internal sealed class DomainView(IDomainHost host, HostFacts facts, IDomain domain)
{
    private DomainDocument? _persistent;
    private DomainDocument? _live;

    public IDomainHost Host => host;

    public HostFacts Facts => facts;

    public IDomain Domain => domain;

    public string Name => domain.Name;

    public bool IsActive => domain.IsActive;

    /// <summary>Without passwords.</summary>
    public DomainDocument Persistent => _persistent ??= DomainDocument.Parse(domain.Xml(DomainXmlFlags.Inactive));

    /// <summary>As it runs; null where it does not.</summary>
    public DomainDocument? Live => IsActive ? _live ??= DomainDocument.Parse(domain.Xml(DomainXmlFlags.Live)) : null;

    /// <summary>The definition, for people, and by which a plan is held against what is there later.</summary>
    public string DefinitionTarget => $"{Name} of {host.Uri} (definition {Persistent.Digest})";

    public string LiveTarget => $"{Name} of {host.Uri} (running)";

    public XElement Capabilities => facts.Capabilities(host);

    public XElement? DomainCapabilities => facts.DomainCapabilities(host, Persistent.Root);

    public int CpuNumbers => facts.CpuNumbers(host);

    /// <summary>The running domain's; null where it does not run, or not on this host.</summary>
    public QemuProcess? Process => IsActive && host.IsThisHost ? facts.Processes.GetValueOrDefault(domain.Uuid) : null;

    /// <summary>E.g. x86_64.</summary>
    public string Architecture => (string?)Persistent.Root.Element("os")?.Element("type")?.Attribute("arch") ?? (string?)Capabilities.Element("host")?.Element("cpu")?.Element("arch") ?? "";

    public bool IsX86 => Architecture is "x86_64" or "i686";

    /// <exception cref="PracticeException">Nothing can be changed on it now.</exception>
    public void RequireChangeable()
    {
        RequirePersistent();
        // Only a running domain can have one, and libvirt does not answer for another.
        if (IsActive && domain.HasJob)
        {
            throw PracticeException.Precondition($"{Name} is being migrated, saved or copied; try again when that is done (virsh domjobinfo {Name})");
        }
    }

    /// <exception cref="PracticeException">It has no definition.</exception>
    public void RequirePersistent()
    {
        if (!domain.IsPersistent)
        {
            throw PracticeException.Precondition($"{Name} is transient: it has no definition that could be changed; define it first (virsh define)");
        }
    }

    public void Forget() => (_persistent, _live) = (null, null);
}
