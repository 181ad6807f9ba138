using System.Xml.Linq;

namespace GuestTune.Controller.DomainXml.IOThreads;

/// <summary>What an IOThread can serve: a virtio-blk disk or a virtio-scsi controller.</summary>
/// <param name="Name">As on the command line: the disk's target (vda), or scsi with the controller's number (scsi0).</param>
/// <param name="Path">Of the attribute that names the thread.</param>
/// <param name="Thread">Null: QEMU's main loop serves it.</param>
/// <param name="HasDisks">A controller without any needs no thread.</param>
internal sealed record IOThreadDevice(string Name, string Path, int? Thread, bool HasDisks)
{
    public static IEnumerable<IOThreadDevice> Of(XElement domain)
    {
        var devices = domain.Elements("devices");
        var disks = devices.Elements("disk").ToArray();
        foreach (var disk in disks)
        {
            if ((string?)disk.Element("target")?.Attribute("bus") is "virtio" && (string?)disk.Element("target")?.Attribute("dev") is { } name && !name.Contains('\'', StringComparison.Ordinal))
            {
                yield return new IOThreadDevice(name, $"devices/disk[target/@dev='{name}']/driver/@iothread", ThreadOf(disk), HasDisks: true);
            }
        }

        foreach (var controller in devices.Elements("controller"))
        {
            if ((string?)controller.Attribute("type") is "scsi"
                && (string?)controller.Attribute("model") is { } model && model.StartsWith("virtio", StringComparison.Ordinal)
                && (int?)controller.Attribute("index") is { } index)
            {
                yield return new IOThreadDevice(
                    $"scsi{index}",
                    $"devices/controller[@type='scsi'][@index='{index}']/driver/@iothread",
                    ThreadOf(controller),
                    disks.Any(d => (string?)d.Element("target")?.Attribute("bus") is "scsi" && ((int?)d.Element("address")?.Attribute("controller") ?? 0) == index));
            }
        }
    }

    private static int? ThreadOf(XElement device) => (int?)device.Element("driver")?.Attribute("iothread");
}
