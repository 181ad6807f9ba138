using GuestTune.Controller.Libvirt;

namespace GuestTune.Controller.DomainXml;

/// <summary>A domain, as far as its practices need libvirt for it; every member asks libvirt and throws <see cref="LibvirtException"/>.</summary>
internal interface IDomain : IDisposable
{
    string Name { get; }

    Guid Uuid { get; }

    /// <summary>Whether it ran when it was found.</summary>
    bool IsActive { get; }

    bool IsPersistent { get; }

    /// <summary>Migrated, saved or copied just now; asked of running domains only.</summary>
    bool HasJob { get; }

    string Xml(DomainXmlFlags flags);

    /// <summary>Of the running domain, with the CPUs on which the threads may run as the kernel says it.</summary>
    IReadOnlyList<IOThread> LiveIOThreads();

    void AddLiveIOThread(int id);

    void RemoveLiveIOThread(int id);

    void PinLiveIOThread(int id, IReadOnlyCollection<int> cpus);

    void AttachLive(string xml);

    void DetachLive(string xml);
}
