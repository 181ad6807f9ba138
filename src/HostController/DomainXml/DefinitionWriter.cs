using GuestTune.Controller.DomainXml.Editing;
using GuestTune.Controller.Libvirt;
using GuestTune.Practices;

namespace GuestTune.Controller.DomainXml;

/// <summary>Redefines a domain with items changed and all else as it is, passwords included; refuses where somebody else has redefined it meanwhile.</summary>
/// <param name="check">Throws <see cref="PracticeException"/> where what is written would do harm by now: an undo has no plan that has looked.</param>
internal sealed class DefinitionWriter(DomainView view, Action<IReadOnlyList<KnobWrite>> check) : IKnobWriter
{
    public void Write(IReadOnlyList<KnobWrite> writes)
    {
        try
        {
            var seen = view.Persistent.Canonical;
            view.Domain.Redefine(definition =>
            {
                // libvirt has no "redefine if it is still this one", so between this look and the definition remain some tenths of a millisecond.
                var complete = DomainDocument.Parse(definition);
                view.Forget();
                if (!string.Equals(seen, view.Persistent.Canonical, StringComparison.Ordinal))
                {
                    throw new IOException($"somebody else has redefined {view.Name} meanwhile; nothing was changed. Look at what it is now, and try again");
                }

                // Of an operation that was cut off they may be there already.
                KnobWrite[] left = [.. writes.Where(static w => !w.Knob.AreEqual(w.Value, w.Knob.Read().Value))];
                if (left.Length == 0)
                {
                    return null;
                }

                check(left);
                return complete.With(Edits(left)).ToText();
            });
        }
        catch (LibvirtException e) when (e.IsUncertain)
        {
            throw new UncertainWriteException("libvirt went away before it said whether it took the definition", e);
        }
        catch (Exception e) when (e is LibvirtException or PracticeException)
        {
            throw new IOException(e is LibvirtException ? $"libvirt does not take the definition: {e.Message}" : e.Message, e);
        }
        finally
        {
            view.Forget();
        }
    }

    public IReadOnlyList<FileEdit> Preview(IReadOnlyList<KnobWrite> writes) =>
        [new FileEdit($"{view.Name} (persistent definition)", view.Persistent.ToText(), view.Persistent.With(Edits(writes)).ToText())];

    private static IEnumerable<(DomainPath, string?)> Edits(IReadOnlyList<KnobWrite> writes) => writes.Select(static w => (((DefinitionKnob)w.Knob).Path, w.Value));
}
