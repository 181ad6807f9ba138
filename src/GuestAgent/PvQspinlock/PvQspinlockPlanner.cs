using GuestTune.Agent.BootLoader;
using GuestTune.Agent.Kernel;
using GuestTune.Practices;
using GuestTune.Practices.Files;
using GuestTune.Practices.Values;

namespace GuestTune.Agent.PvQspinlock;

/// <summary>Checks what is asked for, and tells it from what the next boot will have.</summary>
internal sealed class PvQspinlockPlanner(RootedFileSystem files, IBootArguments boot, KernelConfig config)
{
    public const string Enabled = "enabled";

    private const string PossibleProcessors = "/sys/devices/system/cpu/possible";

    /// <exception cref="PracticeException">Wrong settings (all of the mistakes at once), or a guest that cannot have them.</exception>
    public Plan Plan(PracticeSupport support, Desired desired)
    {
        var isWanted = Normalize(desired);
        if (isWanted && !support.Supported)
        {
            throw PracticeException.Precondition("not applicable: " + support.Reason);
        }

        var next = boot.ReadNextBoot();
        var change = PlanChange(ArgumentAcrossBoots.Read(files, next, PvQspinlockPractice.Argument), isWanted);
        var warnings = new List<string>(change is null ? [] : boot.CheckSupport().Warnings);
        if (isWanted)
        {
            AddWarnings(next, warnings);
        }

        return new Plan(PvQspinlockPractice.PracticeId, change is null ? [] : [change], warnings);
    }

    private static bool Normalize(Desired desired)
    {
        var mistakes = new List<string>();
        foreach (var name in desired.Settings.Keys)
        {
            if (name is not Enabled)
            {
                mistakes.Add($"practice '{PvQspinlockPractice.PracticeId}' has no setting '{name}'; known: {Enabled}");
            }
        }

        var normalized = string.Empty;
        if (!desired.Settings.TryGetValue(Enabled, out var value))
        {
            mistakes.Add($"no setting was given; known: {Enabled}");
        }
        else if (!BoolValue.Instance.TryNormalize(value, out normalized, out var problem))
        {
            mistakes.Add($"{Enabled} = '{value}': {problem}; allowed is {BoolValue.Instance.Allowed}");
        }

        return mistakes.Count == 0 ? normalized is "Y" : throw PracticeException.Invalid(string.Join("; ", mistakes));
    }

    /// <summary>With whatever value it is there, it is on.</summary>
    private Change? PlanChange(ArgumentAcrossBoots argument, bool isWanted)
        => argument.NextProblem is null && argument.Next is not null == isWanted ? null : boot.PlanChange(argument.Key, isWanted ? string.Empty : null);

    private void AddWarnings(NextBoot next, List<string> warnings)
    {
        if (next.Default is { } entry && config.Find(entry.Release, PvQspinlockPractice.Option, isRunning: false) is { IsOff: true } option)
        {
            warnings.Add($"the kernel that boots next, {entry.Release}, will not know {PvQspinlockPractice.Argument}: {option}");
        }

        if (files.ReadText(PossibleProcessors).Value is "0")
        {
            warnings.Add("this guest has one vCPU, with which the kernel leaves paravirtual spinlocks off");
        }

        if (next.Default is { } line && ArgumentLine.Find(line.CommandLine, "cpuidle_haltpoll.force") is not (null or "N" or "0"))
        {
            warnings.Add("guest haltpoll is forced on as well: that is for vCPUs with processors of their own, pv-qspinlock for vCPUs that share them");
        }
    }
}
