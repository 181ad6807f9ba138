using GuestTune.Agent.Kernel;
using GuestTune.Practices;
using GuestTune.Practices.Files;
using GuestTune.Practices.Tmpfiles;

namespace GuestTune.Agent.Haltpoll;

/// <summary>Reads everything about haltpoll and sums it up in a verdict.</summary>
internal sealed class HaltpollObserver(RootedFileSystem files, KernelIdentity kernel, HaltpollDriver driver)
{
    public Observation Observe(PracticeSupport support, IReadOnlyList<OwnedValue> owned)
    {
        var facts = new List<Fact>(24);
        var commandLine = KernelCommandLine.Read(files);
        var values = ReadValues(support, commandLine, facts);
        var notInForce = driver.WhyNotInForce(commandLine, facts);
        var (verdict, reason) = Judge(support, owned, values, notInForce);
        return new Observation(HaltpollPractice.PracticeId, verdict, reason, facts);
    }

    private HaltpollValues[] ReadValues(PracticeSupport support, KernelCommandLine commandLine, List<Fact> facts)
    {
        var persistent = TmpfilesConfiguration.Load(files, HaltpollParameter.Directory);
        var all = HaltpollParameter.All;
        var values = new HaltpollValues[all.Count];
        for (var i = 0; i < values.Length; i++)
        {
            var parameter = all[i];
            var reading = files.ReadText(parameter.Path);
            var problem = reading.IsMissing && support.Supported ? $"not applicable: kernel {kernel.Release} has no such parameter" : reading.Problem;
            facts.Add(new Fact(parameter.Name, Scope.InForce, reading.Value, parameter.Path, problem));
            values[i] = new HaltpollValues(parameter, reading, persistent.Find(parameter.Path));
        }

        foreach (var value in values)
        {
            var name = value.Parameter.Name;
            facts.Add(value.Persistent is { } line
                ? new Fact(name, Scope.Persistent, line.Value, line.Configuration)
                : new Fact(name, Scope.Persistent, null, HaltpollPractice.Configuration, "not set"));
            if (commandLine.Find("haltpoll." + name) is { } argument)
            {
                facts.Add(new Fact(name, Scope.Persistent, argument, $"{KernelCommandLine.Source} haltpoll.{name}"));
            }
        }

        return values;
    }

    private (Verdict Verdict, string Reason) Judge(PracticeSupport support, IReadOnlyList<OwnedValue> owned, HaltpollValues[] values, string? notInForce)
    {
        if (!support.Supported)
        {
            return (Verdict.NotApplicable, support.Reason!);
        }

        if (Unreadable(values) is { } unreadable)
        {
            return (Verdict.Failed, unreadable);
        }

        if (Drift(owned, values) is { } drift)
        {
            return (Verdict.Drifted, drift);
        }

        if (Pending(values) is { } pending)
        {
            return (Verdict.Pending, pending);
        }

        return notInForce is null
            ? (Verdict.Effective, "the cpuidle driver and the governor are haltpoll")
            : (Verdict.Configured, "not effective: " + notInForce);
    }

    private static string? Unreadable(HaltpollValues[] values)
    {
        List<string>? problems = null;
        foreach (var value in values)
        {
            if (value.InForce is { Problem: { } problem, IsMissing: false })
            {
                (problems ??= []).Add($"{value.Parameter.Path}: {problem}");
            }
        }

        return problems is null ? null : string.Join("; ", problems);
    }

    private string? Drift(IReadOnlyList<OwnedValue> owned, HaltpollValues[] values)
    {
        List<string>? drifts = null;
        foreach (var ours in owned)
        {
            foreach (var value in values)
            {
                var isPersistent = string.Equals(ours.Item, value.Parameter.PersistentItem, StringComparison.Ordinal);
                if (!isPersistent && (!ours.SetInThisBoot || !string.Equals(ours.Item, value.Parameter.Name, StringComparison.Ordinal)))
                {
                    continue;
                }

                // Of lines for boot only those in our own file are ours.
                var now = isPersistent ? HaltpollPractice.PersistentKnob(files, value.Parameter).Read().Value : value.InForce.Value;
                var isSame = now is null || ours.Value is null ? now is null && ours.Value is null : value.Parameter.Kind.IsSatisfied(now, ours.Value);
                if (!isSame)
                {
                    (drifts ??= []).Add($"{ours.Item} was set to {ours.Value ?? "nothing"} by operation {ours.OperationId} and is {now ?? "gone"} now");
                }
            }
        }

        return drifts is null ? null : string.Join("; ", drifts);
    }

    private static string? Pending(HaltpollValues[] values)
    {
        List<string>? differences = null;
        foreach (var value in values)
        {
            if (value is { Persistent: { } line, InForce.Value: { } now } && !value.Parameter.Kind.IsSatisfied(now, line.Value))
            {
                (differences ??= []).Add($"{value.Parameter.Name} is {now} now and will be {line.Value} ({line.Configuration})");
            }
        }

        return differences is null ? null : "after the next boot: " + string.Join("; ", differences);
    }
}
