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

    /// <summary>
    /// Defines, validated against libvirt's schema, what is made of the definition with its secrets, over the connection over which that was read: where the
    /// daemon has been away in between, somebody else may have redefined it.
    /// </summary>
    /// <param name="edit">Asked again where the connection is lost meanwhile. Null: nothing is to be defined.</param>
    void Redefine(Func<string, string?> edit);

    /// <summary>Of the running domain, with the CPUs on which the threads may run as the kernel says it.</summary>
    IReadOnlyList<IOThread> LiveIOThreads();

    void AddLiveIOThread(int id);

    void RemoveLiveIOThread(int id);

    void PinLiveIOThread(int id, IReadOnlyCollection<int> cpus);

    void AttachLive(string xml);

    void DetachLive(string xml);
}
