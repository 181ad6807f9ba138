using System.Xml.Linq;
using GuestTune.Controller.DomainXml.Editing;
using GuestTune.Practices;

namespace GuestTune.Controller.DomainXml;

/// <summary>Gathers what has to change; what is as desired already is no change.</summary>
internal sealed class PlanDraft(DomainView view, Func<string, IKnob> open)
{
    private readonly List<Change> _definition = [];
    private readonly List<Change> _live = [];
    private readonly List<string> _warnings = [];

    /// <summary>The definition first: what libvirt refuses there must not be in force already.</summary>
    public IReadOnlyList<Change> Changes => [.. _definition, .. _live];

    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>The definition as it would be.</summary>
    public XElement Planned => view.Persistent.With(_definition.Select(static c => (new DomainPath(c.Item[DefinitionKnob.ItemPrefix.Length..]), c.After))).Root;

    /// <param name="path">See <see cref="DomainPath"/>.</param>
    /// <param name="value">Null: not there.</param>
    public void Set(string path, string? value)
    {
        var item = value is null ? new DomainPath(path).Placed(view.Persistent.Root).ToString() : path;
        Add(_definition, DefinitionKnob.ItemPrefix + item, view.DefinitionTarget, value, TakesEffect.AfterPowerCycle);
    }

    /// <summary>Of the running domain; nothing where it does not run.</summary>
    public void SetLive(string item, string? value)
    {
        if (view.IsActive)
        {
            Add(_live, LiveKnob.ItemPrefix + item, view.LiveTarget, value, TakesEffect.Now);
        }
    }

    public void Warn(string warning) => _warnings.Add(warning);

    private void Add(List<Change> changes, string item, string target, string? value, TakesEffect takesEffect)
    {
        var knob = open(item);
        var (before, problem) = knob.Read();
        if (problem is not null)
        {
            throw PracticeException.Precondition($"{item} cannot be read: {problem}");
        }

        if (!knob.AreEqual(before, value))
        {
            changes.Add(new Change(item, target, before, value, takesEffect));
        }
    }
}
