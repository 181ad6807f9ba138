using GuestTune.Agent.BootLoader;
using GuestTune.Agent.Kernel;
using GuestTune.Practices;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.Haltpoll;

/// <summary>Sums up in one word what was read, the worst news first.</summary>
internal sealed class HaltpollVerdict(
    RootedFileSystem files, IKernelLog log, HaltpollValues[] values, ArgumentAcrossBoots[] switches, IReadOnlyList<OwnedValue> owned)
{
    private KernelMessages? _messages;

    /// <param name="notInForce">Why the kernel does not idle by haltpoll, or null.</param>
    /// <param name="facts">Gets what the kernel said against arguments.</param>
    public (Verdict Verdict, string Reason) Judge(string? notInForce, List<Fact> facts)
    {
        if (Unreadable() is { } unreadable)
        {
            return (Verdict.Failed, unreadable);
        }

        if (Drift() is { } drift)
        {
            return (Verdict.Drifted, drift);
        }

        var refusals = Refusals(notInForce is not null, facts);
        if (Pending(refusals) is { } pending)
        {
            return (Verdict.Pending, pending);
        }

        if (refusals.Count > 0)
        {
            return (Verdict.Configured, "not effective: " + string.Join("; ", [.. refusals.Values, .. notInForce is null ? (string[])[] : [notInForce]]));
        }

        return notInForce is null
            ? (Verdict.Effective, "the cpuidle driver and the governor are haltpoll")
            : (Verdict.Configured, "not effective: " + notInForce);
    }

    private string? Unreadable()
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

    private string? Drift()
    {
        List<string>? drifts = null;
        foreach (var ours in owned)
        {
            if (FindNow(ours) is { } found && !found.IsSame)
            {
                (drifts ??= []).Add($"{ours.Item} was set to {ours.Value ?? "nothing"} by operation {ours.OperationId} and is {found.Value ?? "gone"} now");
            }
        }

        return drifts is null ? null : string.Join("; ", drifts);
    }

    /// <returns>Null where it cannot have drifted: not known any more, or of an earlier boot.</returns>
    private (string? Value, bool IsSame)? FindNow(OwnedValue ours)
    {
        foreach (var value in values)
        {
            var parameter = value.Parameter;
            if (ours.SetInThisBoot && string.Equals(ours.Item, parameter.Name, StringComparison.Ordinal))
            {
                return Compare(parameter, value.InForce.Value, ours.Value);
            }

            if (string.Equals(ours.Item, parameter.PersistentItem, StringComparison.Ordinal))
            {
                // Of lines for boot only those in our own file are ours.
                return Compare(parameter, HaltpollPractice.PersistentKnob(files, parameter).Read().Value, ours.Value);
            }

            if (string.Equals(ours.Item, value.Argument.Item, StringComparison.Ordinal) && value.Argument.NextProblem is null)
            {
                return Compare(parameter, value.Argument.Next, ours.Value);
            }
        }

        foreach (var argument in switches)
        {
            if (string.Equals(ours.Item, argument.Item, StringComparison.Ordinal) && argument.NextProblem is null)
            {
                return (argument.Next, string.Equals(argument.Next, ours.Value, StringComparison.Ordinal));
            }
        }

        return null;
    }

    private static (string? Value, bool IsSame) Compare(HaltpollParameter parameter, string? now, string? ours)
        => (now, ours is null ? now is null : parameter.IsSatisfiedBy(now, ours));

    /// <summary>What the kernel was given and did not take: asked of its log only where something is not as it was given.</summary>
    private Dictionary<string, string> Refusals(bool isNotInForce, List<Fact> facts)
    {
        var refusals = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var value in values)
        {
            if (value.Argument.Now is { } given && value.InForce.Value is { } now && !value.Parameter.IsSatisfiedBy(given, now))
            {
                AddRefusal(value.Argument.Key, refusals, facts);
            }
        }

        foreach (var argument in switches)
        {
            if (isNotInForce && argument.Now is not null)
            {
                AddRefusal(argument.Key, refusals, facts);
            }
        }

        return refusals;
    }

    private void AddRefusal(string key, Dictionary<string, string> refusals, List<Fact> facts)
    {
        _messages ??= log.Read();
        if (KernelRefusal.Find(_messages, key) is { } message)
        {
            refusals[key] = $"the kernel did not take {key}: it said '{message}'";
            facts.Add(new Fact(key, Scope.Context, message, _messages.Source));
        }
    }

    private string? Pending(Dictionary<string, string> refusals)
    {
        List<string>? differences = null;
        foreach (var value in values)
        {
            var isRefused = value.Line is null && refusals.ContainsKey(value.Argument.Key) && string.Equals(value.Argument.Now, value.Argument.Next, StringComparison.Ordinal);
            if (!isRefused && value is { Persistent: { } later, InForce.Value: { } now } && !value.Parameter.IsSatisfiedBy(later, now))
            {
                (differences ??= []).Add($"{value.Parameter.Name} is {now} now and will be {later} ({value.PersistentSource})");
            }
        }

        foreach (var argument in switches)
        {
            if (argument.NextProblem is null && argument.IsOn != argument.WasOn)
            {
                (differences ??= []).Add(argument.IsOn
                    ? $"{argument.Key} will be on the kernel command line ({argument.NextSource})"
                    : $"{argument.Key} is on the kernel command line now and will not be ({argument.NextSource})");
            }
        }

        return differences is null ? null : "after the next boot: " + string.Join("; ", differences);
    }
}
