using GuestTune.Practices;

namespace GuestTune.Agent.BootLoader;

/// <summary>One kernel argument on the default entry's next command line.</summary>
internal sealed class BootArgumentKnob(BootArguments arguments, string key) : IKnob
{
    public string Key => key;

    public IKnobWriter Writer => arguments.Writer;

    public KnobReading Read()
    {
        if (arguments.WhyPending() is { } pending)
        {
            return new KnobReading(null, pending);
        }

        var next = arguments.ReadNextBoot();
        return next.Default is { } entry ? new KnobReading(ArgumentLine.Find(entry.CommandLine, key), null) : new KnobReading(null, next.Problem);
    }

    public void Write(string? value) => Writer.Write([new KnobWrite(this, value)]);

    public bool AreEqual(string? left, string? right) => string.Equals(left, right, StringComparison.Ordinal);
}
