using System.Xml.Linq;

namespace GuestTune.Controller.DomainXml.RawDevices;

/// <summary>A disk's XML for a raw device; what it has besides, such as a serial number or a boot order, stays.</summary>
internal static class RawDisk
{
    public static XElement Of(XElement? former, string name, string path, bool isPhysical, ScsiController controller)
    {
        var disk = former is null ? new XElement("disk", new XElement("target", new XAttribute("dev", name))) : new XElement(former);
        disk.SetAttributeValue("type", "block");
        disk.SetAttributeValue("device", isPhysical ? "lun" : "disk");
        disk.SetAttributeValue("rawio", isPhysical ? "yes" : null);
        var driver = Child(disk, "driver");
        driver.SetAttributeValue("name", "qemu");
        driver.SetAttributeValue("type", "raw");
        driver.SetAttributeValue("cache", "none");
        driver.SetAttributeValue("io", "native");

        // Of a disk on virtio-scsi the controller has the thread.
        driver.SetAttributeValue("iothread", null);
        var source = Child(disk, "source");
        if (!string.Equals((string?)source.Attribute("dev"), path, StringComparison.Ordinal))
        {
            source.ReplaceWith(source = new XElement("source", new XAttribute("dev", path)));
            disk.Elements("backingStore").Remove();
        }

        var target = disk.Element("target")!;
        if ((string?)target.Attribute("bus") is not "scsi")
        {
            target.SetAttributeValue("bus", "scsi");
            disk.Elements("address").Remove();
        }

        if (disk.Element("address") is null)
        {
            disk.Add(new XElement("address", new XAttribute("type", "drive"), new XAttribute("controller", controller.Index), new XAttribute("bus", 0), new XAttribute("target", 0), new XAttribute("unit", controller.Unit)));
        }

        return disk;
    }

    private static XElement Child(XElement disk, string name)
    {
        if (disk.Element(name) is { } child)
        {
            return child;
        }

        child = new XElement(name);
        Editing.ElementPlacement.Insert(disk, child);
        return child;
    }
}
