namespace GuestTune.Practices;

/// <summary>Neighbouring changes that one writer writes together; a single change where its knob has none.</summary>
internal readonly record struct ChangeGroup(IKnobWriter? Writer, IReadOnlyList<KnobWrite> Writes)
{
    /// <exception cref="PracticeException">The first change names nothing that the practice knows.</exception>
    public static ChangeGroup At(IPractice practice, IReadOnlyList<Change> changes, int start)
    {
        var first = practice.OpenKnob(changes[start]);
        var writes = new List<KnobWrite> { new(first, changes[start].After) };
        for (var i = start + 1; first.Writer is not null && i < changes.Count; i++)
        {
            if (TryOpen(practice, changes[i]) is not { } next || !ReferenceEquals(next.Writer, first.Writer))
            {
                break;
            }

            writes.Add(new KnobWrite(next, changes[i].After));
        }

        return new ChangeGroup(first.Writer, writes);
    }

    /// <exception cref="IOException">With a message for the user.</exception>
    public void Write()
    {
        if (Writer is not null)
        {
            Writer.Write(Writes);
        }
        else
        {
            Writes[0].Knob.Write(Writes[0].Value);
        }
    }

    /// <summary>Null where it names nothing that the practice knows: it is a group of its own, and fails there.</summary>
    public static IKnob? TryOpen(IPractice practice, Change change)
    {
        try
        {
            return practice.OpenKnob(change);
        }
        catch (PracticeException)
        {
            return null;
        }
    }
}
