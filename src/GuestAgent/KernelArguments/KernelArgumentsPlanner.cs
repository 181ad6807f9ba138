using GuestTune.Agent.BootLoader;
using GuestTune.Agent.Policy;
using GuestTune.Practices;

namespace GuestTune.Agent.KernelArguments;

/// <summary>Checks what is asked for against what can be handed on and what the guest's administrator allows, and tells it from what is there.</summary>
internal sealed class KernelArgumentsPlanner(BootArguments arguments, AgentPolicy policy)
{
    /// <summary>A value that no argument can have: it takes our own argument away again.</summary>
    public const string Remove = "!remove";

    /// <exception cref="PracticeException">Wrong settings (all of the mistakes at once), refused ones, or ones that this guest cannot have.</exception>
    public List<Change> PlanChanges(Desired desired)
    {
        CheckTexts(desired);
        CheckPolicy(desired);
        var changes = new List<Change>();
        foreach (var (key, value) in desired.Settings.OrderBy(static s => s.Key, StringComparer.Ordinal))
        {
            if ((value is Remove ? arguments.PlanRemoval(key) : arguments.PlanChange(key, value)) is { } change)
            {
                changes.Add(change);
            }
        }

        return changes;
    }

    public List<string> Warnings()
    {
        var warnings = new List<string>(arguments.CheckSupport().Warnings);
        if (arguments.ReadNextBoot() is { Once: { } once, Default: { } entry })
        {
            warnings.Add($"the next boot alone starts another entry, '{once.Title}'; what is set counts with '{entry.Title}'");
        }

        return warnings;
    }

    private static void CheckTexts(Desired desired)
    {
        var mistakes = new List<string>();
        if (desired.Settings.Count == 0)
        {
            mistakes.Add("no argument was given: name at least one, as KEY=VALUE, or KEY with an empty value for the key alone");
        }

        var keys = new List<string>();
        foreach (var (key, value) in desired.Settings)
        {
            if (KernelArgument.WhyNotAllowed(key, value is Remove ? string.Empty : value) is { } problem)
            {
                mistakes.Add(problem);
            }

            if (keys.Find(k => KernelArgument.IsSameKey(k, key)) is { } same)
            {
                mistakes.Add($"{key} and {same} are the same argument to the kernel: give one of them");
            }

            keys.Add(key);
        }

        if (mistakes.Count > 0)
        {
            throw PracticeException.Invalid(string.Join("; ", mistakes));
        }
    }

    private void CheckPolicy(Desired desired)
    {
        var refusals = desired.Settings.Keys.Select(policy.WhyKernelArgumentRefused).OfType<string>().ToList();
        if (refusals.Count > 0)
        {
            throw new PracticeException(PracticeError.PermissionDenied, string.Join("; ", refusals));
        }
    }
}
