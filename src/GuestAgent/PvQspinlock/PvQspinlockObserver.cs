using GuestTune.Agent.BootLoader;
using GuestTune.Agent.Kernel;
using GuestTune.Practices;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.PvQspinlock;

/// <summary>Asks the kernel's log whether paravirtual spinlocks are really in use: the argument alone proves nothing.</summary>
internal sealed class PvQspinlockObserver(RootedFileSystem files, IKernelLog log)
{
    // The words of pv_qspinlock_init, pv_sched_init and kvm_arm_init_pvsched in arch/arm64/kernel/paravirt.c of openEuler's kernel.
    private const string Enabled = "arm-pv: PV qspinlocks enabled";
    private const string Disabled = "arm-pv: PV qspinlocks disabled";
    private const string NotOffered = "arm-pv: PV sched is not available";
    private const string NotInitialized = "arm-pv: PV sched init failed";

    private const string Argument = PvQspinlockPractice.Argument;

    /// <param name="otherArchitecture">Why this is not the practice's architecture, or null.</param>
    public Observation Observe(string? otherArchitecture, KernelOption option, NextBoot next, IReadOnlyList<OwnedValue> owned)
    {
        var facts = new List<Fact>();
        var (verdict, reason) = otherArchitecture is null ? Judge(option, next, owned, facts) : (Verdict.NotApplicable, otherArchitecture);
        return new Observation(PvQspinlockPractice.PracticeId, verdict, reason, facts);
    }

    private (Verdict Verdict, string Reason) Judge(KernelOption option, NextBoot next, IReadOnlyList<OwnedValue> owned, List<Fact> facts)
    {
        var argument = ArgumentAcrossBoots.Read(files, next, Argument);
        argument.AddTo(facts);
        facts.Add(new Fact(option.Name, Scope.Context, option.Value, option.Source ?? "kernel configuration", option.Value is null ? "this guest does not keep it" : null));
        var messages = log.Read();
        var said = AddKernelsWords(messages, facts);

        if (Drift(owned, argument) is { } drift)
        {
            return (Verdict.Drifted, drift);
        }

        if (argument.NextProblem is null && argument.Now is null != argument.Next is null)
        {
            return (Verdict.Pending, argument.Now is null
                ? $"after the next boot: {Argument} will be on the kernel command line ({argument.NextSource})"
                : $"after the next boot: {Argument} is on the kernel command line now and will not be ({argument.NextSource})");
        }

        if (said is Enabled)
        {
            return (Verdict.Effective, $"the kernel said '{Enabled}' when it booted");
        }

        if (argument.Now is not null)
        {
            return (Verdict.Configured, "not effective: " + WhyNot(messages, said, option));
        }

        return PvQspinlockPractice.WhyNotThisKernel(option) is { } reason
            ? (Verdict.NotApplicable, reason)
            : (Verdict.Absent, $"{Argument} is not on the kernel command line");
    }

    /// <returns>The one that decides.</returns>
    private static string? AddKernelsWords(KernelMessages messages, List<Fact> facts)
    {
        string? said = null;
        foreach (var text in (ReadOnlySpan<string>)[NotOffered, NotInitialized, Disabled, Enabled])
        {
            // To the letter: what merely quotes these words proves nothing.
            said = messages.Messages.Contains(text, StringComparer.Ordinal) ? text : said;
        }

        var isKnown = said is not null || messages.IsWhole;
        facts.Add(new Fact(PvQspinlockPlanner.Enabled, Scope.InForce, isKnown ? said is Enabled ? "Y" : "N" : null, messages.Source, isKnown ? null : messages.Problem));
        var shown = said ?? KernelRefusal.Find(messages, Argument);
        facts.Add(new Fact("kernel log", Scope.Context, shown, messages.Source, shown is null ? messages.Problem ?? $"no word of arm-pv or {Argument}" : null));
        return said;
    }

    private static string? Drift(IReadOnlyList<OwnedValue> owned, ArgumentAcrossBoots argument)
    {
        foreach (var ours in owned)
        {
            if (string.Equals(ours.Item, argument.Item, StringComparison.Ordinal) && argument.NextProblem is null && ours.Value is null != argument.Next is null)
            {
                return ours.Value is null
                    ? $"{Argument} was taken off the kernel command line by operation {ours.OperationId} and is there again ({argument.NextSource})"
                    : $"{Argument} was put on the kernel command line by operation {ours.OperationId} and is gone now ({argument.NextSource})";
            }
        }

        return null;
    }

    private static string WhyNot(KernelMessages messages, string? said, KernelOption option)
    {
        if (KernelRefusal.Find(messages, Argument) is { } refusal)
        {
            return $"the kernel does not know {Argument}; it said '{refusal}'" + (option.IsOff ? $", and {option}" : string.Empty);
        }

        return said switch
        {
            Disabled => $"the kernel said '{Disabled}', as it does with one vCPU",
            NotOffered => $"the host does not offer it (the kernel said '{NotOffered}'); it takes a host with an openEuler kernel",
            NotInitialized => $"the kernel said '{NotInitialized}'",
            _ when !messages.IsWhole => $"the kernel's log does not say '{Enabled}', but {messages.Problem}: reboot, and look again before it fills",
            _ => $"the kernel said nothing of it when it booted; one that uses it says '{Enabled}'" + (option.IsOff ? $". {option}" : string.Empty),
        };
    }
}
