using GuestTune.Agent.BootLoader;
using GuestTune.Practices;

namespace GuestTune.Agent.Tests.BootLoader;

/// <summary>A boot loader whose one entry is a list of arguments in memory.</summary>
internal sealed class FakeBootArguments : IBootArguments, IKnobWriter
{
    public const string File = "/boot/grub/grub.cfg";

    /// <summary>Those of others come first, as on a real line.</summary>
    public List<KernelArgument> Others { get; } = [];

    public List<KernelArgument> Own { get; } = [];

    public int WriteCount { get; private set; }

    /// <summary>Null: everything can be had.</summary>
    public string? WhyNot { get; set; }

    public string Release { get; set; } = GuestTree.Release;

    public static FakeBootArguments Missing { get; } = new() { WhyNot = "no boot loader that can be edited was found" };

    public FakeBootArguments WithOther(string key, string? value = null)
    {
        Others.Add(new KernelArgument(key, value));
        return this;
    }

    public FakeBootArguments WithOwn(string key, string? value = null)
    {
        Own.Add(new KernelArgument(key, value));
        return this;
    }

    public string Line => string.Join(' ', Others.Concat(Own).Select(a => a.Text));

    public BootArgumentsSupport CheckSupport() => new(WhyNot is null, "memory", WhyNot, WhyNot is null ? ["it is a fake"] : []);

    public NextBoot ReadNextBoot()
    {
        var entry = new BootEntry("1", "Linux", File, "/boot/vmlinuz-" + Release, Line, IsRecovery: false);
        return WhyNot is null ? new NextBoot(entry, null, [entry], null) : NextBoot.Unknown(WhyNot);
    }

    public Change? PlanChange(string key, string? value)
    {
        if (WhyNot is { } reason)
        {
            throw PracticeException.Precondition(reason);
        }

        if (value is null && Others.Exists(a => a.Key == key))
        {
            throw PracticeException.Precondition($"{key} was not added by GuestTune");
        }

        var before = ArgumentLine.Find(Line, key);
        return before == value ? null : new Change("boot:" + key, File, before, value, TakesEffect.AfterGuestReboot);
    }

    public IKnob OpenKnob(string key) => new Knob(this, key);

    public bool IsOurs(string key) => Own.Exists(a => a.Key == key);

    public void Write(IReadOnlyList<KnobWrite> writes)
    {
        WriteCount++;
        foreach (var (knob, value) in writes)
        {
            var key = ((Knob)knob).Key;
            Own.RemoveAll(a => a.Key == key);
            if (value is not null)
            {
                Own.Add(new KernelArgument(key, value.Length == 0 ? null : value));
            }
        }
    }

    public IReadOnlyList<FileEdit> Preview(IReadOnlyList<KnobWrite> writes) => [];

    private sealed class Knob(FakeBootArguments arguments, string key) : IKnob
    {
        public string Key => key;

        public IKnobWriter Writer => arguments;

        public KnobReading Read() => new(ArgumentLine.Find(arguments.Line, key), null);

        public void Write(string? value) => arguments.Write([new KnobWrite(this, value)]);

        public bool AreEqual(string? left, string? right) => left == right;
    }
}
