using GuestTune.Practices;
using GuestTune.Practices.Files;

namespace GuestTune.Controller.HostPractices;

/// <summary>What all practices have in common that are values of the host's kernel: read in sysfs, written there and for the next boot.</summary>
internal abstract class KernelPractice(RootedFileSystem files) : IPractice
{
    public abstract string Id { get; }

    protected RootedFileSystem Files => files;

    public abstract PracticeSupport CheckSupport();

    public Observation Observe(IReadOnlyList<OwnedValue> owned)
    {
        if (CheckSupport() is { Supported: false } support)
        {
            return new Observation(Id, Verdict.NotApplicable, support.Reason!, []);
        }

        var boot = OpenBootValues();
        var values = Settings().Select(s => new HostValue(s, OpenKernelKnob(s).Read(), boot.Find(s))).ToArray();
        var facts = values.Select(v => new Fact(v.Setting.Name, Scope.InForce, v.Now.Value, v.Setting.Path, v.Now.Problem)).ToList();
        facts.AddRange(values.Select(v => v.Boot is { } line
            ? new Fact(v.Setting.Name, Scope.Persistent, line.Value, line.Configuration)
            : new Fact(v.Setting.Name, Scope.Persistent, null, boot.Configuration, "not set")));
        var (verdict, reason) = Judge(values, facts);
        return Unreadable(values) is { } unreadable ? new Observation(Id, Verdict.Failed, unreadable, facts)
            : Drift(values, owned) is { } drift ? new Observation(Id, Verdict.Drifted, drift, facts)
            : Pending(values) is { } pending ? new Observation(Id, Verdict.Pending, pending, facts)
            : new Observation(Id, verdict, reason, facts);
    }

    public Plan Plan(Desired desired)
    {
        ArgumentNullException.ThrowIfNull(desired);
        var (boot, wanted) = (OpenBootValues(), Read(desired));
        var changes = PlanChanges(desired, boot, wanted);
        var warnings = Warnings(wanted, changes).ToList();
        warnings.AddRange(wanted.Select(w => WarnAboutBoot(w.Setting, w.Value, desired.Persist, boot)).OfType<string>());
        if (desired.Persist && boot.WhyNotApplied is { } reason)
        {
            warnings.Add(reason);
        }

        return new Plan(Id, changes, warnings);
    }

    public IReadOnlyList<Change> PlanChanges(Desired desired)
    {
        ArgumentNullException.ThrowIfNull(desired);
        return PlanChanges(desired, OpenBootValues(), Read(desired));
    }

    public IKnob OpenKnob(Change change)
    {
        ArgumentNullException.ThrowIfNull(change);
        var boot = AllBootValues().FirstOrDefault(b => change.Item.StartsWith(b.Prefix, StringComparison.Ordinal));
        var setting = Find(change.Item[(boot?.Prefix.Length ?? 0)..])
            ?? throw PracticeException.Precondition($"'{change.Item}' is nothing that practice '{Id}' of this version knows on this host");
        return boot is null ? OpenKernelKnob(setting) : boot.Open(setting);
    }

    /// <summary>Those that this host has.</summary>
    protected abstract IReadOnlyList<HostSetting> Settings();

    /// <summary>Where values for the next boot are to be kept.</summary>
    protected abstract IBootValues OpenBootValues();

    /// <summary>Where they may be, now or from an earlier boot with another kernel.</summary>
    protected virtual IEnumerable<IBootValues> AllBootValues() => [OpenBootValues()];

    /// <param name="facts">Gets what else was read.</param>
    protected abstract (Verdict Verdict, string Reason) Judge(IReadOnlyList<HostValue> values, List<Fact> facts);

    /// <returns>Why this host cannot have the value, or null.</returns>
    /// <param name="force">Lets pass what an operator may know better.</param>
    protected virtual string? WhyNotPossible(HostSetting setting, string value, string? before, bool force) => null;

    protected virtual IEnumerable<string> Warnings(IReadOnlyList<(HostSetting Setting, string Value)> wanted, IReadOnlyList<Change> changes) => [];

    protected virtual IKnob OpenKernelKnob(HostSetting setting) => new SysfsKnob(files, setting.Path, setting.Kind);

    private HostSetting? Find(string name) => Settings().FirstOrDefault(s => string.Equals(s.Name, name, StringComparison.Ordinal));

    private List<(HostSetting Setting, string Value)> Read(Desired desired)
    {
        if (CheckSupport() is { Supported: false } support)
        {
            throw PracticeException.Precondition("not applicable: " + support.Reason);
        }

        var wanted = new List<(HostSetting, string)>();
        var mistakes = new List<string>();
        foreach (var (name, text) in desired.Settings.OrderBy(s => s.Key, StringComparer.Ordinal))
        {
            if (Find(name) is not { } setting)
            {
                mistakes.Add($"there is no setting '{name}' of {Id} on this host; there are: {string.Join(", ", Settings().Select(s => s.Name))}");
            }
            else if (!setting.Kind.TryNormalize(text, out var value, out var problem))
            {
                mistakes.Add($"{name} cannot be '{text}': {problem}; allowed is {setting.Kind.Allowed}");
            }
            else
            {
                wanted.Add((setting, value));
            }
        }

        return mistakes.Count == 0 ? wanted : throw PracticeException.Invalid(string.Join("; ", mistakes));
    }

    private List<Change> PlanChanges(Desired desired, IBootValues boot, List<(HostSetting Setting, string Value)> wanted)
    {
        var changes = new List<Change>();
        var problems = new List<string>();
        foreach (var (setting, value) in wanted)
        {
            var knob = OpenKernelKnob(setting);
            var now = knob.Read();
            if (now.Value is null)
            {
                problems.Add($"{setting.Name}: {setting.Path}: {now.Problem}");
            }
            else if (WhyNotPossible(setting, value, now.Value, desired.Force) is { } reason)
            {
                problems.Add(reason);
            }
            else if (!knob.AreEqual(now.Value, value))
            {
                if (knob is SysfsKnob { IsReadOnly: true })
                {
                    problems.Add($"{setting.Name} cannot be changed: {setting.Path} is read-only for everybody in this kernel, root included");
                }

                changes.Add(new Change(setting.Name, setting.Path, now.Value, value, TakesEffect.Now));
            }
        }

        foreach (var (setting, value) in desired.Persist ? wanted : [])
        {
            var knob = boot.Open(setting);
            var line = knob.Read();
            if (line.Problem is not null)
            {
                problems.Add($"{boot.Configuration}: {line.Problem}");
            }
            else if (!knob.AreEqual(line.Value, value))
            {
                changes.Add(new Change(boot.Prefix + setting.Name, boot.Configuration, line.Value, value, TakesEffect.AfterHostReboot));
            }
        }

        return problems.Count == 0 ? changes : throw PracticeException.Precondition(string.Join("; ", problems));
    }

    private static string? WarnAboutBoot(HostSetting setting, string value, bool persist, IBootValues boot) => boot.Find(setting) switch
    {
        { } line when setting.Kind.IsSatisfied(line.Value, value) => null,
        { } line when !persist => $"after the next boot {setting.Name} will be {line.Value} ({line.Configuration}), since --persist was not given",
        { } line when !string.Equals(line.Configuration, boot.Configuration, StringComparison.Ordinal) =>
            $"{line.Configuration} sets {setting.Name} to {line.Value} at boot, and may count before {boot.Configuration}: take its line out",
        _ => null,
    };

    private static string? Unreadable(HostValue[] values) =>
        Joined(values.Where(static v => v.Now.Problem is not null).Select(static v => $"{v.Setting.Path}: {v.Now.Problem}"));

    private static string? Pending(HostValue[] values) =>
        Joined(values.Where(static v => v.Boot is { } line && !v.Setting.Kind.IsSatisfied(v.Now.Value!, line.Value))
            .Select(static v => $"{v.Setting.Name} is {v.Now.Value} and will be {v.Boot!.Value.Value} after the next boot ({v.Boot.Value.Configuration})"));

    private string? Drift(HostValue[] values, IReadOnlyList<OwnedValue> owned) => Joined(owned.Select(ours =>
    {
        var isBoot = AllBootValues().FirstOrDefault(b => ours.Item.StartsWith(b.Prefix, StringComparison.Ordinal));
        var value = Array.Find(values, v => string.Equals(v.Setting.Name, ours.Item[(isBoot?.Prefix.Length ?? 0)..], StringComparison.Ordinal));
        if (value.Setting is null || (isBoot is null && !ours.SetInThisBoot))
        {
            return null;
        }

        var knob = isBoot?.Open(value.Setting) ?? OpenKernelKnob(value.Setting);
        var now = isBoot is null ? value.Now.Value : knob.Read().Value;
        return knob.AreEqual(now, ours.Value) ? null : $"{ours.Item} was set to {ours.Value ?? "nothing"} by operation {ours.OperationId} and is {now ?? "gone"} now";
    }));

    private static string? Joined(IEnumerable<string?> texts) => string.Join("; ", texts.OfType<string>()) is { Length: > 0 } text ? text : null;
}
