using GuestTune.Practices.Journaling;

namespace GuestTune.Practices.Tests.Operations;

/// <summary>An engine over a memory practice, that can be started again as after a crash.</summary>
internal sealed class EngineFixture : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private OperationEngine? _engine;

    public MemoryPractice Practice { get; } = new();

    public string BootId { get; set; } = "boot-1";

    public Func<string, long, IJournalFile> OpenFile { get; set; } = (path, length) => new JournalFile(path, length);

    public TimeProvider Time { get; set; } = TimeProvider.System;

    public string? LastingRefusal { get; set; }

    public int KeptOperations { get; set; } = 1000;

    public string JournalPath => _directory.File("state/journal");

    public OperationEngine Engine => _engine ??= new OperationEngine(
        [Practice],
        () => Journal.Open(new JournalOptions { Directory = _directory.File("state"), KeptOperations = KeptOperations }, OpenFile),
        () => BootId,
        time: Time,
        refuseLasting: () => LastingRefusal);

    public static Desired Desire(params (string Name, string Value)[] settings)
        => new("memory", settings.ToDictionary(s => s.Name, s => s.Value, StringComparer.Ordinal), Persist: false);

    public async Task<OperationAnswer> Apply(string id, params (string Name, string Value)[] settings)
        => await Engine.ApplyAsync(id, Desire(settings));

    public async Task<OperationAnswer> Undo(string id, string? target = null, bool force = false) => await Engine.UndoAsync(id, target, force);

    public void Restart()
    {
        _engine?.Dispose();
        _engine = null;
    }

    public void Dispose()
    {
        Restart();
        _directory.Dispose();
    }
}
