using GuestTune.Controller.DomainXml;
using GuestTune.Controller.DomainXml.Editing;
using GuestTune.HostController.Tests.Fakes;
using GuestTune.Practices;
using GuestTune.Practices.Files;

namespace GuestTune.HostController.Tests.Domains;

/// <summary>A domain in memory with the engine and a journal; each call opens it anew, as those of a controller do.</summary>
internal sealed class DomainFixture : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly DomainJournals _journals;
    private readonly HostFacts _facts;

    public DomainFixture(string persistent, string? live = null, string? root = null)
    {
        Domain = new FakeDomain(persistent, live);
        _journals = new DomainJournals(_directory.PathOf("domains"), TimeProvider.System);
        _facts = new HostFacts(new RootedFileSystem(root ?? "/"));
    }

    public FakeDomain Domain { get; }

    public string Canonical => DomainDocument.Parse(Domain.Persistent).Canonical;

    public Plan Plan(string practice, params (string Name, string Value)[] settings) => Use(changes: false, e => e.Plan(Desired(practice, force: false, settings)));

    public Plan PlanForced(string practice, params (string Name, string Value)[] settings) => Use(changes: false, e => e.Plan(Desired(practice, force: true, settings)));

    public OperationAnswer Apply(string id, string practice, params (string Name, string Value)[] settings) =>
        Use(changes: true, e => e.ApplyAsync(id, Desired(practice, force: false, settings)).AsTask().GetAwaiter().GetResult());

    public OperationAnswer ApplyForced(string id, string practice, params (string Name, string Value)[] settings) =>
        Use(changes: true, e => e.ApplyAsync(id, Desired(practice, force: true, settings)).AsTask().GetAwaiter().GetResult());

    public OperationAnswer Undo(string id, string? target = null, bool force = false) => Use(changes: true, e => e.UndoAsync(id, target, force).AsTask().GetAwaiter().GetResult());

    /// <summary>Newest first, once what was cut off is held against what is there.</summary>
    public IReadOnlyList<Operation> History() => Use(changes: false, e =>
    {
        e.Settle();
        return e.History(10);
    });

    public Observation Observe(string practice) => Use(changes: false, e => e.Observe(practice));

    public void Dispose() => _directory.Dispose();

    private T Use<T>(bool changes, Func<OperationEngine, T> work) => _journals.Use(FakeDomain.View(Domain, _facts), changes, work);

    private static Desired Desired(string practice, bool force, (string Name, string Value)[] settings) =>
        new(practice, settings.ToDictionary(static s => s.Name, static s => s.Value, StringComparer.Ordinal), Persist: true, force);
}
