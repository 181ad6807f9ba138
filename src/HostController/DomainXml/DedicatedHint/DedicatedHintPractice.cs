using System.Xml.Linq;
using GuestTune.Controller.HostPractices;
using GuestTune.Practices;
using GuestTune.Practices.Values;

namespace GuestTune.Controller.DomainXml.DedicatedHint;

/// <summary>
/// Tells a guest that its vCPUs have host CPUs of their own, so that it polls before it halts (KVM_HINTS_REALTIME, Documentation/virt/kvm/x86/cpuid.rst), and lets it
/// switch the host's polling off meanwhile.
/// </summary>
internal sealed class DedicatedHintPractice(DomainView view) : DomainPractice(view)
{
    public const string PracticeId = "dedicated-hint";

    /// <summary>Facts that <c>check</c> holds against one another.</summary>
    public const string VcpuCpus = "host CPUs of vCPUs";
    public const string KworkerCpus = "host CPUs of kworkers";

    private const string Hint = "hint-dedicated";
    private const string PollControl = "poll-control";

    public override string Id => PracticeId;

    protected override string? WhyNot() => View.IsX86
        ? null
        : $"KVM has this hint on x86 only, not on {View.Architecture}; there a kernel argument in the guest does it (guesttune set haltpoll {View.Name} --force-driver true)";

    protected override void Draft(Wishes wishes, PlanDraft draft)
    {
        if (wishes.Switch("enabled") is { } isEnabled)
        {
            draft.Set($"features/kvm/{Hint}/@state", isEnabled ? "on" : null);
            if (isEnabled)
            {
                CheckPromise(wishes, draft);
            }
        }

        if (wishes.Switch(PollControl) is { } isControlled)
        {
            draft.Set($"features/kvm/{PollControl}/@state", isControlled ? "on" : null);
        }

        if (Describe(draft.Planned) is { } planned && !planned.Contains(PollControl, StringComparison.Ordinal))
        {
            draft.Warn($"without {PollControl} both the guest and the host poll for a vCPU that halts: --poll-control true");
        }
    }

    protected override (Verdict Verdict, string Reason) Judge(DomainFacts facts)
    {
        facts.Add(Hint, static d => State(d, Hint));
        facts.Add(PollControl, static d => State(d, PollControl));
        facts.Add("vcpupin", static d => string.Join(", ", VcpuPins.Of(d).Select(static p => $"{p.Key}: {p.Value}")) is { Length: > 0 } pins ? pins : null);
        if (WhyNot() is { } reason)
        {
            return (Verdict.NotApplicable, reason);
        }

        if (Describe(View.Persistent.Root) is not null && VcpuPins.CpusOf((View.Live ?? View.Persistent).Root) is { IsEmpty: false } cpus)
        {
            facts.Add(VcpuCpus, cpus.ToString(), "vcpupin");
            facts.Add(KworkerCpus, CpusOfKworkers()?.ToString(), KworkerIsolationPractice.MaskPath);
        }

        return ProcessProof.Judge(View, Describe(View.Persistent.Root), View.Live is { } live ? Describe(live.Root) : null, "the guest is not told that its vCPUs have host CPUs of their own", process => Prove(process, facts));
    }

    private (Verdict Verdict, string Reason) Prove(QemuProcess process, DomainFacts facts)
    {
        if (!process.HasArgument("kvm-hint-dedicated=on"))
        {
            return (Verdict.Failed, "the running QEMU was not given kvm-hint-dedicated=on");
        }

        foreach (var unknown in UnknownNeighbours())
        {
            facts.Add($"host CPUs of {unknown.Name}'s vCPUs", value: null, "domain XML", unknown.Problem);
        }

        return WhyNotDedicated(View.Live!.Root, static o => o.IsRunning) is { } shared ? (Verdict.Failed, $"the guest is told that its vCPUs have host CPUs of their own, and {shared}")
            : (Verdict.Effective, $"QEMU was given kvm-hint-dedicated=on{(process.HasArgument("kvm-poll-control=on") ? " and kvm-poll-control=on" : "; without poll-control both sides poll")}");
    }

    private void CheckPromise(Wishes wishes, PlanDraft draft)
    {
        var domain = View.Persistent.Root;
        if ((string?)domain.Element("cpu")?.Attribute("mode") is not "host-passthrough")
        {
            throw PracticeException.Precondition("libvirt has this hint with <cpu mode='host-passthrough'/> only; change the CPU of the domain first (it changes what the guest sees and where it can migrate to)");
        }

        if (WhyNotDedicated(domain, static _ => true) is { } reason)
        {
            if (!wishes.IsForced)
            {
                throw PracticeException.Precondition($"the hint promises the guest host CPUs of its own, and {reason}: pin each vCPU to CPUs of its own first (<vcpupin>), or the guest polls at others' cost. --force sets it all the same");
            }

            draft.Warn($"the hint promises the guest host CPUs of its own, and {reason}");
        }

        foreach (var unknown in UnknownNeighbours())
        {
            draft.Warn($"whether {unknown.Name}'s vCPUs have its host CPUs, too, is not known: {unknown.Problem}");
        }

        if (CpusOfKworkers()?.Intersect(VcpuPins.CpusOf(domain)) is { IsEmpty: false } shared)
        {
            draft.Warn($"kworkers may run on host CPUs {shared}, which are its vCPUs': keep them off (guesttune host set kworker-isolation)");
        }
    }

    /// <param name="others">That run, or all.</param>
    private string? WhyNotDedicated(XElement domain, Func<PinnedDomain, bool> others)
    {
        var pins = VcpuPins.Of(domain);
        if (Enumerable.Range(0, VcpuPins.CountOf(domain)).Where(i => !pins.ContainsKey(i)).ToArray() is { Length: > 0 } free)
        {
            return $"vCPU {new NumberSet(free)} {(free.Length == 1 ? "is" : "are")} not pinned";
        }

        foreach (var (vcpu, cpus) in pins)
        {
            if (pins.FirstOrDefault(p => p.Key < vcpu && p.Value.Overlaps(cpus)) is { Value: { } other } && pins.First(p => p.Value == other).Key is var first)
            {
                return $"vCPUs {first} and {vcpu} share host CPUs ({other} and {cpus})";
            }
        }

        var all = VcpuPins.CpusOf(domain);
        return Neighbours().FirstOrDefault(o => others(o) && o.Cpus.Overlaps(all)) is { } neighbour
            ? $"host CPUs {neighbour.Cpus.Intersect(all)} are those of {neighbour.Name}'s vCPUs, too" : null;
    }

    private IEnumerable<PinnedDomain> Neighbours() => View.Facts.PinnedDomains(View.Host).Where(o => o.Uuid != View.Domain.Uuid);

    private IEnumerable<PinnedDomain> UnknownNeighbours() => Neighbours().Where(static o => o.Problem is not null);

    /// <summary>Where kworkers run that are bound to no CPU; null where that is not known.</summary>
    private NumberSet? CpusOfKworkers() => View.Host.IsThisHost && View.Facts.Files.ReadText(KworkerIsolationPractice.MaskPath).Value is { } mask ? NumberSet.Parse(mask, out _) : null;

    private static string? Describe(XElement domain)
    {
        string?[] states = [State(domain, Hint) is "on" ? Hint : null, State(domain, PollControl) is "on" ? PollControl : null];
        return states[0] is null ? null : string.Join(" and ", states.OfType<string>());
    }

    private static string? State(XElement domain, string name) => (string?)domain.Element("features")?.Element("kvm")?.Element(name)?.Attribute("state");
}
