using GuestTune.Controller.DomainXml.DedicatedHint;
using GuestTune.Controller.DomainXml.IOThreads;
using GuestTune.Practice.V1;
using GuestTune.Practices.Values;

namespace GuestTune.Controller.Check;

/// <summary>What is in the way of vCPUs with host CPUs of their own although each practice is as it should be, by the evidence of an observation.</summary>
internal static class CheckConflicts
{
    /// <summary>Host CPUs of the vCPUs of all domains with the hint.</summary>
    public static NumberSet DedicatedCpus(IEnumerable<Observation> observations) =>
        observations.Select(static o => Set(o, DedicatedHintPractice.VcpuCpus)).OfType<NumberSet>().Aggregate(NumberSet.Empty, static (a, b) => a.Union(b));

    /// <param name="dedicated">Those of this observation and of its neighbours: what mends one must not be in another's way.</param>
    /// <returns>Why, and the command that mends it; null where nothing is.</returns>
    public static (string Reason, string Fix)? Find(CheckPlace place, string name, Observation observation, NumberSet dedicated) => (place, observation.Practice) switch
    {
        (CheckPlace.Guest, CheckRules.Haltpoll) when Value(observation, "poll-control") is "N" =>
            ("the guest polls, and so does the host for it: the domain gives it no poll-control", $"guesttune vm set dedicated-hint {CheckRules.Word(name)} --poll-control true"),
        (CheckPlace.Domain, DedicatedHintPractice.PracticeId) => Kworkers(observation, dedicated),
        (CheckPlace.Domain, IOThreadsPractice.PracticeId) when Value(observation, IOThreadsPractice.SharedCpus) is { } shared =>
            (shared, $"guesttune vm set iothreads {CheckRules.Word(name)} {Repin(observation)}"),
        _ => null,
    };

    /// <summary>To other host CPUs, where there are any.</summary>
    private static string Repin(Observation threads) => Set(threads, IOThreadsPractice.ThreadsWithoutCpus) is { } without
        ? string.Join(' ', without.Numbers.Select(static n => $"--pin {n}=none")) : "--auto true";

    private static (string Reason, string Fix)? Kworkers(Observation hint, NumberSet dedicated)
    {
        if (Set(hint, DedicatedHintPractice.VcpuCpus) is not { } vcpus || Set(hint, DedicatedHintPractice.KworkerCpus) is not { } kworkers || !kworkers.Overlaps(vcpus))
        {
            return null;
        }

        // A mask: a list of one CPU could be taken for one.
        var others = kworkers.Except(dedicated);
        return ($"kworkers may run on host CPUs {kworkers.Intersect(vcpus)}, which are its vCPUs'",
            others.IsEmpty ? "guesttune host get kworker-isolation" : $"guesttune host set kworker-isolation --cpus {others.ToMask()} --persist");
    }

    private static NumberSet? Set(Observation observation, string fact) => Value(observation, fact) is { } text ? NumberSet.ParseList(text, out _) : null;

    private static string? Value(Observation observation, string name) => observation.Facts.FirstOrDefault(f => f.Name == name && f.HasValue)?.Value;
}
