using GuestTune.Practices;
using GuestTune.Practices.Files;
using GuestTune.Practices.Tmpfiles;

namespace GuestTune.Controller.HostPractices;

/// <summary>Values that systemd-tmpfiles writes to sysfs at boot.</summary>
internal sealed class TmpfilesBootValues(RootedFileSystem files, string name) : IBootValues
{
    public const string ItemPrefix = "tmpfiles.d:";

    private TmpfilesConfiguration? _all;

    public string Prefix => ItemPrefix;

    public string Configuration { get; } = $"/etc/tmpfiles.d/guesttune-{name}.conf";

    public string? WhyNotApplied => !files.IsSystemRoot || TmpfilesConfiguration.IsAppliedAtBoot(files) ? null
        : $"this host was not booted by systemd with systemd-tmpfiles: nothing applies {Configuration} at boot";

    public IKnob Open(HostSetting setting) => new TmpfilesKnob(files, Configuration, setting.Path, setting.Kind);

    public BootValue? Find(HostSetting setting) =>
        (_all ??= TmpfilesConfiguration.Load(files, "/sys/")).Find(setting.Path) is { } found ? new BootValue(found.Value, found.Configuration) : null;
}
