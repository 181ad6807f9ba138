using GuestTune.Agent.BootLoader;
using GuestTune.Agent.SealedDisks;
using GuestTune.Practices;
using GuestTune.Practices.Files;
using GuestTune.Practices.Tmpfiles;

namespace GuestTune.Agent.Haltpoll;

/// <summary>
/// Plans how values outlive a boot: as arguments of the kernel, which has them from its first instruction on, or as lines of
/// tmpfiles.d where there is no boot loader to edit, or where another command line would lock a disk.
/// </summary>
internal sealed class HaltpollPersistence(RootedFileSystem files, IBootArguments boot, SealedDiskGuard sealedDisks)
{
    /// <param name="force">Whether a disk may lock.</param>
    public HaltpollPlace Choose(NextBoot next, bool force)
    {
        var support = boot.CheckSupport();
        return new HaltpollPlace(!support.Supported ? support.Reason ?? "the kernel command line cannot be changed"
            : next.Default is null ? next.Problem ?? "no default boot entry was found"
            : !force && sealedDisks.Describe() is { Count: > 0 } dangers ? "another kernel command line would lock a disk: " + string.Join("; ", dangers)
            : null);
    }

    /// <exception cref="PracticeException">The file of lines cannot be read.</exception>
    public List<Change> PlanValues(IReadOnlyList<(HaltpollParameter Parameter, string Value)> settings, HaltpollPlace place, NextBoot next)
    {
        var arguments = new List<Change>();
        var lines = new List<Change>();
        var foreign = TmpfilesConfiguration.Load(files, HaltpollParameter.Directory);
        foreach (var (parameter, value) in settings)
        {
            var argument = ArgumentAcrossBoots.Read(files, next, parameter.BootArgument);
            var isArgumentRight = parameter.IsSatisfiedBy(argument.Next, value);
            var line = ReadLine(parameter);
            if (!place.IsBootArguments)
            {
                // An argument that says so already is enough, unless a line comes after it.
                if (line is null ? !isArgumentRight || foreign.Find(parameter.Path) is not null : !parameter.Kind.IsSatisfied(line, value))
                {
                    lines.Add(LineChange(parameter, line, value));
                }

                continue;
            }

            if (!isArgumentRight && boot.PlanChange(argument.Key, value) is { } change)
            {
                arguments.Add(change);
            }

            if (line is not null)
            {
                // It would be written over the argument's value later in the boot.
                lines.Add(LineChange(parameter, line, null));
            }
        }

        return [.. arguments, .. lines];
    }

    /// <exception cref="PracticeException">This guest's command line cannot be changed.</exception>
    public List<Change> PlanForce(bool isWanted, IReadOnlyList<string> keys, NextBoot next)
    {
        var changes = new List<Change>();
        foreach (var key in keys)
        {
            var argument = ArgumentAcrossBoots.Read(files, next, key);
            if (argument.NextProblem is null && argument.IsOn == isWanted)
            {
                continue;
            }

            // What somebody else put there stays, and ours, which comes after it, counts.
            if (boot.PlanChange(key, isWanted ? "Y" : boot.IsOurs(key) ? null : "N") is { } change)
            {
                changes.Add(change);
            }
        }

        return changes;
    }

    private static Change LineChange(HaltpollParameter parameter, string? before, string? after)
        => new(parameter.PersistentItem, HaltpollPractice.Configuration, before, after, TakesEffect.AfterGuestReboot);

    private string? ReadLine(HaltpollParameter parameter)
    {
        var reading = HaltpollPractice.PersistentKnob(files, parameter).Read();
        return reading.Problem is { } problem
            ? throw PracticeException.Precondition($"{HaltpollPractice.Configuration} {problem}")
            : reading.Value;
    }
}
