using System.Xml.Linq;
using GuestTune.Controller.DomainXml.RawDevices;

namespace GuestTune.Controller.DomainXml.Preflight;

/// <summary>Disks that are not there, and physical ones (<c>lun</c>) on what cannot be one: "cannot get SG_IO version number" at the start.</summary>
internal static class DiskCheck
{
    public static IEnumerable<DefinitionProblem> Find(DomainView view, XElement definition)
    {
        foreach (var disk in definition.Elements("devices").Elements("disk").Where(static d => (string?)d.Attribute("type") is "block"))
        {
            var name = (string?)disk.Element("target")?.Attribute("dev");
            var isLun = (string?)disk.Attribute("device") is "lun";
            if (isLun && (string?)disk.Element("target")?.Attribute("bus") is not "scsi" and var bus)
            {
                yield return new DefinitionProblem($"disk {name} is a physical one (lun) on bus {bus}, and QEMU has that on scsi only", MayBeForced: false);
            }

            if (!view.Host.HasDevicesOfThisHost || (string?)disk.Element("source")?.Attribute("dev") is not { Length: > 0 } path)
            {
                continue;
            }

            if (BlockDevice.Find(view.Facts.Files, path) is not { } device)
            {
                yield return new DefinitionProblem($"disk {name} is on {path}, and this host has no such block device: the domain would not start");
            }
            else if (isLun && device.WhyNoScsiDisk() is { } reason)
            {
                yield return new DefinitionProblem(reason, MayBeForced: false);
            }
        }
    }
}
