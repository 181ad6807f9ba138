using GuestTune.Practices.Values;

namespace GuestTune.Agent.Haltpoll;

/// <summary>One parameter of the haltpoll governor, named as the kernel names it.</summary>
internal sealed record HaltpollParameter(string Name, IValueKind Kind)
{
    public const string Directory = "/sys/module/haltpoll/parameters/";
    public const string PersistentPrefix = "tmpfiles.d:";

    /// <summary>All five, in the order of drivers/cpuidle/governors/haltpoll.c, which gives their types, too.</summary>
    public static IReadOnlyList<HaltpollParameter> All { get; } =
    [
        new("guest_halt_poll_ns", NumberValue.UInt32),
        new("guest_halt_poll_shrink", NumberValue.UInt32),
        new("guest_halt_poll_grow", NumberValue.UInt32),
        new("guest_halt_poll_grow_start", NumberValue.UInt32),
        new("guest_halt_poll_allow_shrink", BoolValue.Instance),
    ];

    public string Path { get; } = Directory + Name;

    /// <summary>Name of the change to the line that sets it at boot.</summary>
    public string PersistentItem { get; } = PersistentPrefix + Name;

    /// <summary>The kernel argument that sets it at boot.</summary>
    public string BootArgument { get; } = "haltpoll." + Name;

    /// <param name="argument">As on a command line: empty for a name alone, which means yes.</param>
    public bool IsSatisfiedBy(string? argument, string value) => argument is not null && Kind.IsSatisfied(argument.Length == 0 ? "Y" : argument, value);

    public static HaltpollParameter? Find(string name)
    {
        foreach (var parameter in All)
        {
            if (string.Equals(parameter.Name, name, StringComparison.Ordinal))
            {
                return parameter;
            }
        }

        return null;
    }
}
