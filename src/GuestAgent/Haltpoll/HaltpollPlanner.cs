using GuestTune.Agent.Kernel;
using GuestTune.Practices;
using GuestTune.Practices.Files;
using GuestTune.Practices.Tmpfiles;

namespace GuestTune.Agent.Haltpoll;

/// <summary>Checks what is asked for, and tells it from what is there.</summary>
internal sealed class HaltpollPlanner(RootedFileSystem files, KernelIdentity kernel, HaltpollDriver driver)
{
    /// <exception cref="PracticeException">Wrong settings (all of the mistakes at once), or settings that this kernel lacks.</exception>
    public Plan Plan(PracticeSupport support, Desired desired)
        => new(HaltpollPractice.PracticeId, PlanChanges(support, desired), Warnings(desired));

    /// <exception cref="PracticeException">As from <see cref="Plan"/>.</exception>
    public List<Change> PlanChanges(PracticeSupport support, Desired desired)
    {
        var settings = Normalize(desired);
        if (!support.Supported)
        {
            throw PracticeException.Precondition("not applicable: " + support.Reason);
        }

        var changes = new List<Change>(settings.Count);
        List<string>? missing = null;
        foreach (var (parameter, value) in settings)
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

        if (missing is not null)
        {
            throw PracticeException.Precondition(string.Join("; ", missing));
        }

        if (desired.Persist)
        {
            foreach (var (parameter, value) in settings)
            {
                PlanLine(parameter, value, changes);
            }
        }

        return changes;
    }

    private List<string> Warnings(Desired desired)
    {
        var warnings = new List<string>();
        var persistent = TmpfilesConfiguration.Load(files, HaltpollParameter.Directory);
        foreach (var (parameter, value) in Normalize(desired))
        {
            WarnAboutBoot(parameter, value, desired.Persist, persistent.Find(parameter.Path), warnings);
        }

        if (desired.Persist && !TmpfilesConfiguration.IsAppliedAtBoot(files))
        {
            warnings.Add($"this guest does not run systemd-tmpfiles at boot: the agent itself applies {HaltpollPractice.Configuration} when it first starts after a boot");
        }

        if (driver.WhyNotInForce(KernelCommandLine.Read(files), []) is { } reason)
        {
            warnings.Add("the parameters can be set, but have no effect as things are: " + reason);
        }

        return warnings;
    }

    private static List<(HaltpollParameter Parameter, string Value)> Normalize(Desired desired)
    {
        var mistakes = new List<string>();
        if (desired.Settings.Count == 0)
        {
            mistakes.Add("no setting was given; known: " + Known());
        }

        foreach (var name in desired.Settings.Keys)
        {
            if (HaltpollParameter.Find(name) is null)
            {
                mistakes.Add($"practice '{HaltpollPractice.PracticeId}' has no setting '{name}'; known: {Known()}");
            }
        }

        var settings = new List<(HaltpollParameter, string)>(desired.Settings.Count);
        foreach (var parameter in HaltpollParameter.All)
        {
            if (!desired.Settings.TryGetValue(parameter.Name, out var value))
            {
                continue;
            }

            if (parameter.Kind.TryNormalize(value, out var normalized, out var problem))
            {
                settings.Add((parameter, normalized));
            }
            else
            {
                mistakes.Add($"{parameter.Name} = '{value}': {problem}; allowed is {parameter.Kind.Allowed}");
            }
        }

        return mistakes.Count == 0 ? settings : throw PracticeException.Invalid(string.Join("; ", mistakes));
    }

    private static string Known() => string.Join(", ", HaltpollParameter.All.Select(static p => p.Name));

    private void PlanLine(HaltpollParameter parameter, string value, List<Change> changes)
    {
        var knob = HaltpollPractice.PersistentKnob(files, parameter);
        var reading = knob.Read();
        if (reading.Problem is { } problem)
        {
            throw PracticeException.Precondition($"{HaltpollPractice.Configuration} {problem}");
        }

        if (!knob.AreEqual(reading.Value, value))
        {
            changes.Add(new Change(parameter.PersistentItem, HaltpollPractice.Configuration, reading.Value, value, TakesEffect.AfterGuestReboot));
        }
    }

    private static void WarnAboutBoot(HaltpollParameter parameter, string value, bool persist, TmpfilesValue? line, List<string> warnings)
    {
        if (line is not { } there || parameter.Kind.IsSatisfied(there.Value, value))
        {
            return;
        }

        var isOurs = string.Equals(there.Configuration, HaltpollPractice.Configuration, StringComparison.Ordinal);
        if (!persist)
        {
            warnings.Add($"after the next boot {parameter.Name} will be {there.Value} ({there.Configuration}), since persist was not asked for");
        }
        else if (!isOurs && string.CompareOrdinal(Path.GetFileName(there.Configuration), Path.GetFileName(HaltpollPractice.Configuration)) < 0)
        {
            warnings.Add($"{there.Configuration} comes first and sets {parameter.Name} to {there.Value} at boot: take its line out");
        }
    }
}
