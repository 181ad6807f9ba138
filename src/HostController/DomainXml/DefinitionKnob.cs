using GuestTune.Controller.DomainXml.Editing;
using GuestTune.Controller.Libvirt;
using GuestTune.Practices;

namespace GuestTune.Controller.DomainXml;

/// <summary>One item of a domain's persistent definition.</summary>
/// <param name="areEqual">By the item's type, where that is not text or XML.</param>
internal sealed class DefinitionKnob(DomainView view, DefinitionWriter writer, DomainPath path, Func<string?, string?, bool>? areEqual) : IKnob
{
    /// <summary>Before the path, in the item of a change.</summary>
    public const string ItemPrefix = "xml:";

    public DomainPath Path => path;

    public IKnobWriter Writer => writer;

    public KnobReading Read()
    {
        try
        {
            return new KnobReading(path.Read(view.Persistent.Root), null);
        }
        catch (Exception e) when (e is LibvirtException or PracticeException)
        {
            return new KnobReading(null, e.Message);
        }
    }

    public void Write(string? value) => writer.Write([new KnobWrite(this, value)]);

    public bool AreEqual(string? left, string? right) => areEqual?.Invoke(left, right) ?? path.AreEqual(left, right);
}
