using System.Collections.Concurrent;
using GuestTune.Practices;
using GuestTune.Practices.Journaling;

namespace GuestTune.Controller.DomainXml;

/// <summary>
/// The engine of each domain, with a journal of its own by the domain's UUID, so that one operation id can be of many domains, and the undo of one does
/// not wait for others. A journal is open only during a call: a daemon and a command may take turns.
/// </summary>
internal sealed class DomainJournals(string directory, TimeProvider time)
{
    private readonly ConcurrentDictionary<Guid, Lock> _locks = [];

    public bool Exists(DomainView view) => Directory.Exists(Place(view));

    public T Use<T>(DomainView view, bool changes, Func<OperationEngine, T> work)
    {
        var place = Place(view);
        lock (_locks.GetOrAdd(view.Domain.Uuid, static _ => new Lock()))
        {
            using var engine = new OperationEngine(DomainPracticeCatalog.Open(view), () => Open(place, changes), () => PowerCycle(view), time: time);
            return work(engine);
        }
    }

    private string Place(DomainView view) => Path.Combine(directory, $"{view.Domain.Uuid}");

    /// <exception cref="IOException">It cannot be used.</exception>
    private static Journal Open(string place, bool changes) => changes || Directory.Exists(place)
        ? Journal.Open(new JournalOptions { Directory = place })
        : throw new FileNotFoundException("nothing was changed on this domain yet");

    /// <summary>What was set in the running domain lasts as long as libvirt's number of it, which is another after each start.</summary>
    private static string PowerCycle(DomainView view) =>
        view.Live is { } live ? $"{view.Facts.BootId}/{(string?)live.Root.Attribute("id")}" : "off";
}
