namespace GuestTune.Practices.Tests.Operations;

/// <summary>A practice whose knobs are entries of a dictionary, with faults on demand.</summary>
internal sealed class MemoryPractice : IPractice
{
    public string Id => "memory";

    public Dictionary<string, string> Values { get; } = new(StringComparer.Ordinal);

    public List<string> Writes { get; } = [];

    /// <summary>Called before each write.</summary>
    public Action<string, string?>? BeforeWrite { get; set; }

    /// <summary>Called after each write.</summary>
    public Action<string, string?>? AfterWrite { get; set; }

    /// <summary>Items that take a write and ignore it.</summary>
    public HashSet<string> Deaf { get; } = new(StringComparer.Ordinal);

    /// <summary>Items that this version does not know any more.</summary>
    public HashSet<string> Forgotten { get; } = new(StringComparer.Ordinal);

    public IReadOnlyList<OwnedValue> LastOwned { get; private set; } = [];

    public PracticeSupport CheckSupport() => new(Id, true, null);

    public Observation Observe(IReadOnlyList<OwnedValue> owned)
    {
        LastOwned = owned;
        return new Observation(Id, Verdict.Effective, "memory", []);
    }

    public Plan Plan(Desired desired)
    {
        var changes = new List<Change>();
        foreach (var (name, value) in desired.Settings.OrderBy(s => s.Key, StringComparer.Ordinal))
        {
            var before = Values.GetValueOrDefault(name);
            if (!string.Equals(before, value, StringComparison.Ordinal))
            {
                changes.Add(new Change(name, "/memory/" + name, before, value, desired.Persist ? TakesEffect.AfterGuestReboot : TakesEffect.Now));
            }
        }

        return new Plan(Id, changes, []);
    }

    /// <summary>Values that do harm.</summary>
    public HashSet<string> Harmful { get; } = new(StringComparer.Ordinal);

    public IReadOnlyList<string> CheckHarm(IReadOnlyList<Change> changes, bool force)
        => !changes.Any(c => c.After is { } value && Harmful.Contains(value)) ? []
            : force ? ["harmful"]
            : throw PracticeException.Precondition("harmful: use force");

    public IKnob OpenKnob(Change change)
        => Forgotten.Contains(change.Item) ? throw PracticeException.Precondition($"'{change.Item}' is not known") : new Knob(this, change.Item);

    /// <summary>Writers of items that are written together.</summary>
    public Dictionary<string, IKnobWriter> Writers { get; } = new(StringComparer.Ordinal);

    public void Set(string item, string? value)
    {
        if (Deaf.Contains(item))
        {
            return;
        }

        if (value is null)
        {
            Values.Remove(item);
        }
        else
        {
            Values[item] = value;
        }
    }

    internal sealed class Knob(MemoryPractice practice, string item) : IKnob
    {
        public string Item => item;

        public IKnobWriter? Writer => practice.Writers.GetValueOrDefault(item);

        public KnobReading Read() => new(practice.Values.GetValueOrDefault(item), null);

        public void Write(string? value)
        {
            practice.BeforeWrite?.Invoke(item, value);
            practice.Writes.Add($"{item}={value}");
            practice.Set(item, value);
            practice.AfterWrite?.Invoke(item, value);
        }

        public bool AreEqual(string? left, string? right) => string.Equals(left, right, StringComparison.Ordinal);
    }
}
