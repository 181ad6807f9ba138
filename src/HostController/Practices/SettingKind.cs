namespace GuestTune.Controller.Practices;

/// <summary>What values a setting takes.</summary>
internal enum SettingKind
{
    /// <summary>A whole number from the setting's minimum to its maximum.</summary>
    Number,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    Switch,

    /// <summary>Names separated by commas, or <c>none</c>; which there are only the guest knows.</summary>
    Names,

    /// <summary>One of the setting's words.</summary>
    Word,

    /// <summary>A CPU mask or a list of CPUs.</summary>
    Cpus,

    /// <summary>Any printable text without spaces, such as the path of a device.</summary>
    Text,

    /// <summary><c>KEY=VALUE</c>; given again, all of them. On the wire with a space between.</summary>
    Pairs,
}
