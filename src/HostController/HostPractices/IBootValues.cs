using GuestTune.Practices;

namespace GuestTune.Controller.HostPractices;

/// <summary>Where values of the kernel are kept for the host's next boot.</summary>
internal interface IBootValues
{
    /// <summary>What the items of changes begin with, e.g. <c>tmpfiles.d:</c>.</summary>
    string Prefix { get; }

    /// <summary>The file that is GuestTune's own.</summary>
    string Configuration { get; }

    /// <summary>Why a boot may not apply them, or null.</summary>
    string? WhyNotApplied { get; }

    /// <summary>The line of a setting in <see cref="Configuration"/>.</summary>
    IKnob Open(HostSetting setting);

    /// <summary>What counts at boot, whoever configured it.</summary>
    BootValue? Find(HostSetting setting);
}
