using GuestTune.Practices;
using GuestTune.Practices.Values;

namespace GuestTune.Agent.Haltpoll;

/// <summary>What is asked for, checked and in the kernel's own spelling.</summary>
/// <param name="Force">Null where it was not named.</param>
internal sealed record HaltpollRequest(IReadOnlyList<(HaltpollParameter Parameter, string Value)> Parameters, bool? Force)
{
    /// <exception cref="PracticeException">Names every mistake.</exception>
    public static HaltpollRequest Of(Desired desired)
    {
        var mistakes = new List<string>();
        if (desired.Settings.Count == 0)
        {
            mistakes.Add("no setting was given; known: " + Known());
        }

        foreach (var name in desired.Settings.Keys)
        {
            if (name is not HaltpollForce.Setting && HaltpollParameter.Find(name) is null)
            {
                mistakes.Add($"practice '{HaltpollPractice.PracticeId}' has no setting '{name}'; known: {Known()}");
            }
        }

        var parameters = new List<(HaltpollParameter, string)>(desired.Settings.Count);
        foreach (var parameter in HaltpollParameter.All)
        {
            if (Normalize(desired, parameter.Name, parameter.Kind, mistakes) is { } value)
            {
                parameters.Add((parameter, value));
            }
        }

        var force = Normalize(desired, HaltpollForce.Setting, BoolValue.Instance, mistakes);
        return mistakes.Count == 0
            ? new HaltpollRequest(parameters, force is null ? null : force is "Y")
            : throw PracticeException.Invalid(string.Join("; ", mistakes));
    }

    private static string? Normalize(Desired desired, string name, IValueKind kind, List<string> mistakes)
    {
        if (!desired.Settings.TryGetValue(name, out var value))
        {
            return null;
        }

        if (kind.TryNormalize(value, out var normalized, out var problem))
        {
            return normalized;
        }

        mistakes.Add($"{name} = '{value}': {problem}; allowed is {kind.Allowed}");
        return null;
    }

    private static string Known() => string.Join(", ", [.. HaltpollParameter.All.Select(static p => p.Name), HaltpollForce.Setting]);
}
