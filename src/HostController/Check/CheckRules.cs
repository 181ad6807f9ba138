using GuestTune.Controller.DomainXml.DedicatedHint;
using GuestTune.Practice.V1;
using GuestTune.Practices.Values;

namespace GuestTune.Controller.Check;

/// <summary>The whole guide as expectations: every practice that there is, where it belongs, and the command for it.</summary>
internal static class CheckRules
{
    public const string Haltpoll = "guest-idle-haltpoll";
    private const string StaticHugepages = "static-hugepages";
    private const string TransparentHugepages = "transparent-hugepages";

    public static IReadOnlyList<CheckRule> All { get; } =
    [
        new(CheckPlace.Host, "halt-polling", CheckExpectation.Wanted, CheckExpectation.Either, "guesttune host set halt-polling --halt-poll-ns 200000 --persist"),
        new(CheckPlace.Host, "kworker-isolation", CheckExpectation.Wanted, CheckExpectation.Either, "guesttune host set kworker-isolation --cpus 0-0 --persist"),
        new(CheckPlace.Host, TransparentHugepages, CheckExpectation.Wanted, CheckExpectation.Wanted, "guesttune host set transparent-hugepages --enabled madvise --persist"),
        new(CheckPlace.Host, StaticHugepages, CheckExpectation.Either, CheckExpectation.Either),
        new(CheckPlace.Host, "libvirt-auth", CheckExpectation.Either, CheckExpectation.Either, "guesttune host libvirt-auth enable"),
        new(CheckPlace.Host, "vtpm-state", CheckExpectation.Either, CheckExpectation.Either),
        new(CheckPlace.Domain, "iothreads", CheckExpectation.Wanted, CheckExpectation.Wanted, "guesttune vm set iothreads VM --auto true"),
        new(CheckPlace.Domain, "raw-device", CheckExpectation.Either, CheckExpectation.Either),
        new(CheckPlace.Domain, StaticHugepages, CheckExpectation.Either, CheckExpectation.Either),
        new(CheckPlace.Domain, "dedicated-hint", CheckExpectation.Wanted, CheckExpectation.Unwanted, "guesttune vm set dedicated-hint VM --enabled true", "guesttune vm set dedicated-hint VM --enabled false"),
        new(CheckPlace.Domain, "svirt", CheckExpectation.Wanted, CheckExpectation.Wanted, "guesttune vm set svirt VM --seclabel dynamic"),
        new(CheckPlace.Domain, "vtpm", CheckExpectation.Either, CheckExpectation.Either),
        new(CheckPlace.Domain, "agent-channel", CheckExpectation.Wanted, CheckExpectation.Wanted, "guesttune vm set agent-channel VM --enabled true"),
        new(CheckPlace.Guest, Haltpoll, CheckExpectation.Wanted, CheckExpectation.Unwanted, "guesttune set haltpoll VM --force-driver true --reboot", "guesttune set haltpoll VM --force-driver false --reboot"),
        new(CheckPlace.Guest, "pv-qspinlock", CheckExpectation.Unwanted, CheckExpectation.Wanted, "guesttune set pv-qspinlock VM --enabled true --reboot", "guesttune set pv-qspinlock VM --enabled false --reboot"),
        new(CheckPlace.Guest, "qemu-ga-blocklist", CheckExpectation.Either, CheckExpectation.Either),
        new(CheckPlace.Guest, "kernel-arguments", CheckExpectation.Either, CheckExpectation.Either),
    ];

    /// <summary>All observations of one place.</summary>
    public static IEnumerable<CheckFinding> Judge(CheckPlace place, string name, IReadOnlyCollection<Observation> observations, CheckIntent intent) =>
        Judge(place, name, observations, intent, CheckConflicts.DedicatedCpus(observations));

    /// <summary>The same, of one of several domains.</summary>
    /// <param name="dedicated">Host CPUs of all their vCPUs (<see cref="CheckConflicts.DedicatedCpus"/>).</param>
    public static IEnumerable<CheckFinding> Judge(CheckPlace place, string name, IReadOnlyCollection<Observation> observations, CheckIntent intent, NumberSet dedicated)
    {
        // Where VMs have static pages, transparent ones are for nobody (guide: huge pages).
        var hasStaticPages = observations.Any(static o => o is { Practice: StaticHugepages, Verdict: Verdict.Effective });
        foreach (var observation in observations)
        {
            var rule = All.FirstOrDefault(r => r.Place == place && string.Equals(r.Practice, observation.Practice, StringComparison.Ordinal));
            var expected = rule is null || (observation.Practice is TransparentHugepages && hasStaticPages) ? CheckExpectation.Either
                : intent == CheckIntent.Dedicated ? rule.Dedicated : rule.Overcommit;
            var isExpected = IsExpected(place, observation.Verdict, expected);
            var conflict = isExpected && intent == CheckIntent.Dedicated && observation.Verdict is Verdict.Effective or Verdict.Configured ? CheckConflicts.Find(place, name, observation, dedicated) : null;
            yield return conflict is var (why, fix)
                ? new CheckFinding(place, name, observation.Practice, observation.Verdict, IsExpected: false, why, fix, observation.Facts)
                : new CheckFinding(
                    place, name, observation.Practice, observation.Verdict, isExpected, Reason(observation, expected, isExpected), isExpected ? "" : Fix(place, name, observation, rule, expected), observation.Facts);
        }
    }

    private static bool IsExpected(CheckPlace place, Verdict verdict, CheckExpectation expected) => verdict switch
    {
        Verdict.Failed or Verdict.Drifted or Verdict.Pending or Verdict.Unspecified => false,
        Verdict.NotApplicable => true,
        Verdict.Effective => expected != CheckExpectation.Unwanted,
        Verdict.Absent => expected != CheckExpectation.Wanted,
        // A definition counts when the domain starts.
        Verdict.Configured => expected != CheckExpectation.Wanted || place == CheckPlace.Domain,
        _ => true,
    };

    private static string Reason(Observation observation, CheckExpectation expected, bool isExpected) =>
        isExpected || expected != CheckExpectation.Unwanted || observation.Verdict != Verdict.Effective ? observation.Reason : $"in force, and wrong for what this host is for: {observation.Reason}";

    private static string Fix(CheckPlace place, string name, Observation observation, CheckRule? rule, CheckExpectation expected) => (observation.Verdict, place) switch
    {
        (Verdict.Pending, CheckPlace.Guest) => $"guesttune reboot {Word(name)}",
        (Verdict.Pending, CheckPlace.Domain) => $"shut {name} down, and start it again",
        (Verdict.Pending, _) => "restart the host",
        // The hint is there already, and it is the promise that is not kept.
        (Verdict.Failed, CheckPlace.Domain) when observation.Practice is DedicatedHintPractice.PracticeId && expected == CheckExpectation.Wanted =>
            $"pin each vCPU of {name} to host CPUs that no other vCPU has: virsh vcpupin {Word(name)} VCPU CPUS --live --config",
        _ when (expected == CheckExpectation.Unwanted ? rule?.Unfix : rule?.Fix) is { Length: > 0 } command => command.Replace(" VM ", $" {Word(name)} ", StringComparison.Ordinal),
        (_, CheckPlace.Host) => observation.Practice is "libvirt-auth" ? "guesttune host libvirt-auth status" : $"guesttune host get {observation.Practice}",
        (_, CheckPlace.Domain) => $"guesttune vm get {observation.Practice} {Word(name)}",
        _ => $"guesttune status {Word(name)} --explain",
    };

    /// <summary>One word for a shell, however it was named.</summary>
    public static string Word(string name) => name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '@' or ':' or '+' or '/') ? name
        : $"'{name.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
