namespace GuestTune.Practices.Tests.Operations;

/// <summary>Writes the entries of a dictionary together, with faults on demand; records each group.</summary>
internal sealed class SharedWriter(MemoryPractice practice) : IKnobWriter
{
    public List<string> Groups { get; } = [];

    public Action? BeforeWrite { get; set; }

    public void Write(IReadOnlyList<KnobWrite> writes)
    {
        BeforeWrite?.Invoke();
        Groups.Add(string.Join(' ', writes.Select(w => $"{((MemoryPractice.Knob)w.Knob).Item}={w.Value}")));
        foreach (var write in writes)
        {
            practice.Set(((MemoryPractice.Knob)write.Knob).Item, write.Value);
        }
    }

    public IReadOnlyList<FileEdit> Preview(IReadOnlyList<KnobWrite> writes)
    {
        BeforeWrite?.Invoke();
        return [new FileEdit("/memory", string.Empty, string.Join(' ', writes.Select(w => $"{((MemoryPractice.Knob)w.Knob).Item}={w.Value}")))];
    }
}
