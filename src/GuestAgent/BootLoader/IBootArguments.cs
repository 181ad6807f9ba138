using GuestTune.Practices;

namespace GuestTune.Agent.BootLoader;

/// <summary>The kernel's arguments of later boots, whatever boot loader keeps them: what practices see of it.</summary>
internal interface IBootArguments
{
    BootArgumentsSupport CheckSupport();

    NextBoot ReadNextBoot();

    /// <param name="value">Empty: the key alone; null: no argument of this key.</param>
    /// <returns>Null where it is so already.</returns>
    /// <exception cref="PracticeException">It cannot be had on this guest.</exception>
    Change? PlanChange(string key, string? value);

    /// <summary>One argument of the default entry: empty for a key alone, null where it is absent.</summary>
    IKnob OpenKnob(string key);

    /// <summary>Whether GuestTune added it: only then does it take it away.</summary>
    bool IsOurs(string key);
}
