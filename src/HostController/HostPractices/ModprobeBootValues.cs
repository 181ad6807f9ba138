using GuestTune.Practices;
using GuestTune.Practices.Files;
using GuestTune.Practices.Modprobe;

namespace GuestTune.Controller.HostPractices;

/// <summary>Parameters that a module gets when it is loaded.</summary>
internal sealed class ModprobeBootValues(RootedFileSystem files, string module) : IBootValues
{
    public const string ItemPrefix = "modprobe.d:";

    public string Prefix => ItemPrefix;

    public string Configuration { get; } = $"/etc/modprobe.d/guesttune-{module}.conf";

    public string? WhyNotApplied => null;

    public IKnob Open(HostSetting setting) => new ModprobeKnob(files, Configuration, module, setting.Name, setting.Kind);

    public BootValue? Find(HostSetting setting) =>
        ModprobeConfiguration.Find(files, module, setting.Name) is var (value, configuration) ? new BootValue(value, configuration) : null;
}
