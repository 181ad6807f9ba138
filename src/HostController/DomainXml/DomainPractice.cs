using GuestTune.Controller.DomainXml.Editing;
using GuestTune.Controller.DomainXml.Preflight;
using GuestTune.Practices;

namespace GuestTune.Controller.DomainXml;

/// <summary>A practice that is in a domain's definition: it says what is desired of it, and the rest is done here for all of them.</summary>
internal abstract class DomainPractice : IPractice
{
    private readonly DefinitionWriter _writer;

    protected DomainPractice(DomainView view)
    {
        View = view;
        _writer = new DefinitionWriter(view, CheckWrites);
    }

    public abstract string Id { get; }

    protected DomainView View { get; }

    public virtual PracticeSupport CheckSupport() => new(Id, WhyNot() is null, WhyNot());

    public Observation Observe(IReadOnlyList<OwnedValue> owned)
    {
        var facts = new DomainFacts(View);
        var (verdict, reason) = Judge(facts);
        if (verdict != Verdict.NotApplicable && Drift(owned) is { } drift)
        {
            (verdict, reason) = (Verdict.Drifted, drift);
        }

        return new Observation(Id, verdict, reason, facts.All);
    }

    public Plan Plan(Desired desired)
    {
        if (WhyNot() is { } reason)
        {
            throw PracticeException.Precondition(reason);
        }

        var draft = new PlanDraft(View, OpenKnob);
        Draft(new Wishes(desired), draft);
        DefinitionPreflight.Check(View, draft, desired.Force);
        return new Plan(Id, draft.Changes, draft.Warnings);
    }

    public IReadOnlyList<string> CheckHarm(IReadOnlyList<Change> changes, bool force)
    {
        View.RequireChangeable();
        return [];
    }

    public IKnob OpenKnob(Change change) => OpenKnob(change.Item);

    /// <summary>Why no domain of this kind can have it; null where it can.</summary>
    protected virtual string? WhyNot() => null;

    protected abstract (Verdict Verdict, string Reason) Judge(DomainFacts facts);

    /// <exception cref="PracticeException">What is wished is wrong, or cannot be had.</exception>
    protected abstract void Draft(Wishes wishes, PlanDraft draft);

    /// <summary>What must hold at the moment of writing, for an undo too.</summary>
    /// <exception cref="PracticeException">It would do harm.</exception>
    protected virtual void CheckWrites(IReadOnlyList<KnobWrite> writes)
    {
    }

    /// <param name="item">Without its prefix.</param>
    /// <returns>Null where there is no such item.</returns>
    protected virtual IKnob? OpenLive(string item) => null;

    private IKnob OpenKnob(string item)
    {
        try
        {
            if (item.StartsWith(DefinitionKnob.ItemPrefix, StringComparison.Ordinal))
            {
                var path = new DomainPath(item[DefinitionKnob.ItemPrefix.Length..]);
                return new DefinitionKnob(View, _writer, path, path.IsCpuSet ? LibvirtNumbers.AreEqual : item.Contains(PciPort.Path, StringComparison.Ordinal) ? AreBothThere : null);
            }
        }
        catch (FormatException)
        {
            // As any other item that this version does not know.
        }

        return (item.StartsWith(LiveKnob.ItemPrefix, StringComparison.Ordinal) ? OpenLive(item[LiveKnob.ItemPrefix.Length..]) : null)
            ?? throw PracticeException.Precondition($"'{item}' is nothing that practice '{Id}' of this version knows");
    }

    private string? Drift(IReadOnlyList<OwnedValue> owned)
    {
        // What was set in the running domain went with its power.
        var drifts = owned.Where(static o => o.SetInThisBoot || o.Item.StartsWith(DefinitionKnob.ItemPrefix, StringComparison.Ordinal))
            .Select(o => (Owned: o, Knob: OpenKnob(o.Item)))
            .Select(static o => (o.Owned, o.Knob, Reading: o.Knob.Read()))
            .Where(static o => o.Reading.Problem is null && !o.Knob.AreEqual(o.Reading.Value, o.Owned.Value))
            .Select(static o => $"{o.Owned.Item} was set to {Show(o.Owned.Value)} by operation {o.Owned.OperationId} and is {Show(o.Reading.Value)} now");
        return string.Join("; ", drifts) is { Length: > 0 } text ? text : null;
    }

    private static bool AreBothThere(string? left, string? right) => left is null == right is null;

    private static string Show(string? value) => value is null ? "nothing" : $"'{value}'";
}
