using GuestTune.Agent.BootLoader;
using GuestTune.Agent.Kernel;
using GuestTune.Practices;
using GuestTune.Practices.Files;
using GuestTune.Practices.Tmpfiles;

namespace GuestTune.Agent.Haltpoll;

/// <summary>Tells what is asked for from what is there.</summary>
internal sealed class HaltpollPlanner(RootedFileSystem files, KernelIdentity kernel, HaltpollDriver driver, IBootArguments boot, HaltpollPersistence persistence)
{
    /// <exception cref="PracticeException">Wrong settings (all of the mistakes at once), or settings that this guest cannot have.</exception>
    public Plan Plan(PracticeSupport support, Desired desired)
    {
        var request = HaltpollRequest.Of(desired);
        var next = boot.ReadNextBoot();
        var place = ChoosePlace(request, desired, next);
        var changes = PlanChanges(support, request, place, next);
        return new Plan(HaltpollPractice.PracticeId, changes, Warnings(request, changes, place));
    }

    /// <exception cref="PracticeException">As from <see cref="Plan"/>.</exception>
    public List<Change> PlanChanges(PracticeSupport support, Desired desired)
    {
        var request = HaltpollRequest.Of(desired);
        var next = boot.ReadNextBoot();
        return PlanChanges(support, request, ChoosePlace(request, desired, next), next);
    }

    /// <returns>Null where nothing is to persist.</returns>
    private HaltpollPlace? ChoosePlace(HaltpollRequest request, Desired desired, NextBoot next)
        => desired.Persist && request.Parameters.Count > 0 ? persistence.Choose(next, desired.Force) : null;

    private List<Change> PlanChanges(PracticeSupport support, HaltpollRequest request, HaltpollPlace? place, NextBoot next)
    {
        if (!support.Supported)
        {
            throw PracticeException.Precondition("not applicable: " + support.Reason);
        }

        var changes = PlanNow(request);
        if (request.Force is { } force)
        {
            changes.AddRange(persistence.PlanForce(force, HaltpollForce.Arguments(kernel), next));
        }

        if (place is { } chosen)
        {
            changes.AddRange(persistence.PlanValues(request.Parameters, chosen, next));
        }

        return changes;
    }

    private List<Change> PlanNow(HaltpollRequest request)
    {
        var changes = new List<Change>(request.Parameters.Count);
        List<string>? missing = null;
        foreach (var (parameter, value) in request.Parameters)
        {
            var reading = files.ReadText(parameter.Path);
            if (reading.Value is null)
            {
                (missing ??= []).Add(reading.IsMissing
                    ? $"{parameter.Name} is not applicable: kernel {kernel.Release} has no {parameter.Path}"
                    : $"{parameter.Name}: {parameter.Path} {reading.Problem}");
            }
            else if (!parameter.Kind.IsSatisfied(reading.Value, value))
            {
                changes.Add(new Change(parameter.Name, parameter.Path, reading.Value, value, TakesEffect.Now));
            }
        }

        return missing is null ? changes : throw PracticeException.Precondition(string.Join("; ", missing));
    }

    private List<string> Warnings(HaltpollRequest request, List<Change> changes, HaltpollPlace? place)
    {
        var warnings = new List<string>();
        var persistent = TmpfilesConfiguration.Load(files, HaltpollParameter.Directory);
        foreach (var (parameter, value) in request.Parameters)
        {
            WarnAboutBoot(parameter, value, place, persistent.Find(parameter.Path), warnings);
        }

        if (changes.Exists(static c => ArgumentAcrossBoots.KeyOf(c.Item) is not null))
        {
            warnings.AddRange(boot.CheckSupport().Warnings);
        }

        if (place is { WhyNotBootArguments: { } reason })
        {
            warnings.Add($"the values are kept in {HaltpollPractice.Configuration}, not as arguments of the kernel: {reason}");
            if (!TmpfilesConfiguration.IsAppliedAtBoot(files))
            {
                warnings.Add($"this guest does not run systemd-tmpfiles at boot: the agent itself applies {HaltpollPractice.Configuration} when it first starts after a boot");
            }
        }

        WarnAboutDriver(request, warnings);
        return warnings;
    }

    private void WarnAboutDriver(HaltpollRequest request, List<string> warnings)
    {
        var commandLine = KernelCommandLine.Read(files);
        var idling = driver.Read(commandLine, []);
        if (request.Force is true && driver.HostPollsToo)
        {
            warnings.Add("the host gives this guest no poll-control: while the guest polls, the host polls for it, too (guesttune vm set dedicated-hint VM --poll-control true)");
        }

        if (request.Force is true && boot.ReadNextBoot().Default is { } line && ArgumentLine.Find(line.CommandLine, PvQspinlock.PvQspinlockPractice.Argument) is not null)
        {
            warnings.Add($"{PvQspinlock.PvQspinlockPractice.Argument} is given as well: that is for vCPUs that share processors, haltpoll for vCPUs with processors of their own");
        }

        if (request.Force is true && !idling.IsHaltpoll)
        {
            var obstacles = driver.Obstacles(idling with { Force = true, Enable = true }, commandLine);
            if (obstacles.Count > 0)
            {
                warnings.Add("also after the next boot haltpoll would have no effect, as things are: " + string.Join("; ", obstacles));
            }
        }
        else if (driver.WhyNotInForce(idling, commandLine) is { } reason)
        {
            warnings.Add("the parameters can be set, but have no effect as things are: " + reason);
        }
    }

    private static void WarnAboutBoot(HaltpollParameter parameter, string value, HaltpollPlace? place, TmpfilesValue? line, List<string> warnings)
    {
        if (line is not { } there || parameter.Kind.IsSatisfied(there.Value, value))
        {
            return;
        }

        var isOurs = string.Equals(there.Configuration, HaltpollPractice.Configuration, StringComparison.Ordinal);
        if (place is null)
        {
            warnings.Add($"after the next boot {parameter.Name} will be {there.Value} ({there.Configuration}), since persist was not asked for");
        }
        else if (!isOurs && (place.Value.IsBootArguments || string.CompareOrdinal(Path.GetFileName(there.Configuration), Path.GetFileName(HaltpollPractice.Configuration)) < 0))
        {
            warnings.Add($"{there.Configuration} {(place.Value.IsBootArguments ? "is read after the kernel's arguments" : "comes first")} and sets {parameter.Name} to {there.Value} at boot: take its line out");
        }
    }
}
