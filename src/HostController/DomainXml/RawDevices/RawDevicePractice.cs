using System.Xml.Linq;
using GuestTune.Practices;

namespace GuestTune.Controller.DomainXml.RawDevices;

/// <summary>
/// A disk of the host as a disk of the domain on virtio-scsi, without a cache in between: <c>virtual</c>, for which QEMU answers SCSI commands, or
/// <c>physical</c>, whose commands go to the disk itself.
/// </summary>
internal sealed class RawDevicePractice(DomainView view) : DomainPractice(view)
{
    public const string PracticeId = "raw-device";

    private const string LiveItem = "disk/";

    public override string Id => PracticeId;

    protected override void Draft(Wishes wishes, PlanDraft draft)
    {
        var name = wishes.Text("disk") ?? throw PracticeException.Invalid("no disk is named; give the target of the domain's disk, e.g. --disk sdc");
        var domain = View.Persistent.Root;
        var now = Find(domain, name);
        var path = wishes.Text("device") ?? (string?)now?.Element("source")?.Attribute("dev")
            ?? throw PracticeException.Invalid($"the domain has no disk {name} on a block device; name the host's device (--device /dev/disk/by-id/...)");
        var isPhysical = wishes.Text("mode") is "physical" || (wishes.Text("mode") is null && (string?)now?.Attribute("device") is "lun");
        if (!path.StartsWith("/dev/", StringComparison.Ordinal) || name.Contains('/', StringComparison.Ordinal))
        {
            throw PracticeException.Invalid($"'{path}' and '{name}' must be a device in /dev and the name of a disk, such as sdc");
        }

        CheckReplaced(wishes, draft, now, name, path);
        CheckDevice(name, path);
        var controller = ScsiController.Choose(domain);
        if (controller.IsNew)
        {
            PciPort.Ensure(View, draft);
            draft.Set($"devices/controller[@type='scsi'][@index='{controller.Index}']", $"<controller type=\"scsi\" index=\"{controller.Index}\" model=\"virtio-scsi\" />");
        }

        draft.Set($"devices/disk[target/@dev='{name}']", RawDisk.Of(now, name, path, isPhysical, controller).ToString(SaveOptions.DisableFormatting));
        if (now is null && View.Live is { } live && !controller.IsNew && ScsiController.IsThere(live.Root, controller.Index))
        {
            draft.SetLive(LiveItem + name, path);
        }
    }

    protected override IKnob? OpenLive(string item)
    {
        if (!item.StartsWith(LiveItem, StringComparison.Ordinal))
        {
            return null;
        }

        var name = item[LiveItem.Length..];
        return new LiveKnob(
            View,
            () => (string?)Find(View.Live!.Root, name)?.Element("source")?.Attribute("dev"),
            value =>
            {
                // What runs is to be what is defined, which was written before.
                if (value is not null && Find(View.Persistent.Root, name) is { } defined)
                {
                    CheckDevice(name, value);
                    View.Domain.AttachLive(defined.ToString(SaveOptions.DisableFormatting));
                }
                else if (value is null && Find(View.Live!.Root, name) is { } running)
                {
                    View.Domain.DetachLive(running.ToString(SaveOptions.DisableFormatting));
                }
            });
    }

    /// <summary>A device that a disk gets back may be somebody else's by now.</summary>
    protected override void CheckWrites(IReadOnlyList<KnobWrite> writes)
    {
        foreach (var disk in writes.Select(static w => w.Value).OfType<string>().Where(static v => v.StartsWith("<disk", StringComparison.Ordinal)).Select(Editing.DomainDocument.ParseOther))
        {
            if (TargetOf(disk) is { } name && SourceOf(disk) is { } path && path.StartsWith("/dev/", StringComparison.Ordinal)
                && !(Find(View.Persistent.Root, name) is { } now && string.Equals(SourceOf(now), path, StringComparison.Ordinal)))
            {
                CheckDevice(name, path);
            }
        }
    }

    protected override (Verdict Verdict, string Reason) Judge(DomainFacts facts)
    {
        var names = View.Persistent.Root.Elements("devices").Elements("disk").Where(IsBlock).Select(static d => (string?)d.Element("target")?.Attribute("dev")).OfType<string>().ToArray();
        foreach (var name in names)
        {
            facts.Add(name, d => Find(d, name) is { } disk ? DescribeDisk(disk) : null);
        }

        if (Preflight.DiskCheck.Find(View, View.Persistent.Root).Select(static p => p.Message).ToArray() is { Length: > 0 } problems)
        {
            return (Verdict.Failed, string.Join("; ", problems));
        }

        var raw = Describe(View.Persistent.Root);
        return ProcessProof.Judge(View, raw, View.Live is { } live ? Describe(live.Root) : null, "no disk is a raw device of the host on virtio-scsi, with cache='none' and io='native'", process =>
            names.Select(n => (string?)Find(View.Live!.Root, n)?.Element("source")?.Attribute("dev")).OfType<string>().FirstOrDefault(p => !process.HasArgument($"\"{p}\"") && !process.HasArgument(p)) is { } missing
                ? (Verdict.Configured, $"{raw}; QEMU was started without {missing}, which was plugged in later")
                : (Verdict.Effective, $"QEMU runs with {raw}"));
    }

    private void CheckReplaced(Wishes wishes, PlanDraft draft, XElement? now, string name, string path)
    {
        var former = (string?)now?.Element("source")?.Attributes().FirstOrDefault();
        if (now is not null && IsSame(SourceOf(now), path) && (string?)now.Element("driver")?.Attribute("type") is { } format and not "raw")
        {
            throw PracticeException.Precondition($"disk {name} is an image of format {format} on {path}: by the raw device the guest would overwrite the image that it runs from. Convert it to another device first (qemu-img convert)");
        }

        if (now is null || string.Equals((string?)now.Element("source")?.Attribute("dev"), path, StringComparison.Ordinal))
        {
            return;
        }

        if (!wishes.IsForced)
        {
            throw PracticeException.Precondition($"disk {name} is {former ?? "another one"} now, and what is on it would no longer be there for the guest: copy it to {path} first. --force switches it all the same");
        }

        draft.Warn($"disk {name} is {former ?? "another one"} now; what is on it stays there, and is not on {path} unless somebody has copied it");
    }

    /// <exception cref="PracticeException">Somebody uses it: two writers would destroy what is on it, so nothing can force this.</exception>
    private void CheckDevice(string name, string path)
    {
        if (View.Host.HasDevicesOfThisHost && BlockDevice.Find(View.Facts.Files, path)?.WhyUsed() is { } used)
        {
            throw PracticeException.Precondition($"{used}: a VM that writes to it, too, would destroy what is there");
        }

        DomainDefinition[] definitions = [.. View.Host.Definitions().Where(d => d.Uuid != View.Domain.Uuid)];
        var others = definitions.Where(static d => d.Xml is not null).SelectMany(static d => Disks(Editing.DomainDocument.ParseOther(d.Xml!)).Select(disk => (d.Name, Disk: disk)));
        var own = new[] { View.Persistent, View.Live }.OfType<Editing.DomainDocument>().SelectMany(static d => Disks(d.Root))
            .Where(d => !string.Equals(TargetOf(d), name, StringComparison.Ordinal)).Select(d => (Name: $"{View.Name} ({TargetOf(d)})", Disk: d));
        var other = others.Where(static o => o.Disk.Element("shareable") is null).Concat(own).FirstOrDefault(o => IsSame(SourceOf(o.Disk), path));
        if (other.Name is not null)
        {
            throw PracticeException.Precondition($"{path} is a disk of {other.Name} already: two that write to it would destroy what is there");
        }

        if (Array.Find(definitions, static d => d.Xml is null) is { } unknown)
        {
            throw PracticeException.Precondition($"whether {path} is a disk of {unknown.Name} already is not known: {unknown.Problem}");
        }
    }

    /// <summary>By what links lead to; a partition is its disk's, too.</summary>
    private bool IsSame(string? left, string right) => left is not null && (string.Equals(left, right, StringComparison.Ordinal)
        || (View.Host.HasDevicesOfThisHost && left.StartsWith("/dev/", StringComparison.Ordinal)
            && BlockDevice.Find(View.Facts.Files, left) is { } a && BlockDevice.Find(View.Facts.Files, right) is { } b && a.Overlaps(b)));

    private static IEnumerable<XElement> Disks(XElement domain) => domain.Elements("devices").Elements("disk");

    /// <summary>A device may be written as a file, too.</summary>
    private static string? SourceOf(XElement disk) => (string?)disk.Element("source")?.Attribute("dev") ?? (string?)disk.Element("source")?.Attribute("file");

    private static string? TargetOf(XElement disk) => (string?)disk.Element("target")?.Attribute("dev");

    private static XElement? Find(XElement domain, string name) => domain.Elements("devices").Elements("disk").FirstOrDefault(d => string.Equals((string?)d.Element("target")?.Attribute("dev"), name, StringComparison.Ordinal));

    private static bool IsBlock(XElement disk) => (string?)disk.Attribute("type") is "block";

    private static string? Describe(XElement domain) =>
        string.Join(", ", domain.Elements("devices").Elements("disk").Where(IsRaw).Select(static d => $"{(string?)d.Element("target")?.Attribute("dev")} on {DescribeDisk(d)}")) is { Length: > 0 } text ? text : null;

    private static string DescribeDisk(XElement disk) =>
        $"{(string?)disk.Element("source")?.Attribute("dev")} ({((string?)disk.Attribute("device") is "lun" ? "physical" : "virtual")}, {(string?)disk.Element("target")?.Attribute("bus")}, cache {(string?)disk.Element("driver")?.Attribute("cache") ?? "default"}, io {(string?)disk.Element("driver")?.Attribute("io") ?? "default"})";

    private static bool IsRaw(XElement disk) => IsBlock(disk) && (string?)disk.Element("target")?.Attribute("bus") is "scsi"
        && (string?)disk.Element("driver")?.Attribute("cache") is "none" && (string?)disk.Element("driver")?.Attribute("io") is "native";
}
