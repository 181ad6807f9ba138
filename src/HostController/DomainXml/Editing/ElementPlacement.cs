using System.Globalization;
using System.Xml.Linq;

namespace GuestTune.Controller.DomainXml.Editing;

/// <summary>Puts an element where libvirt would write it, with the indentation of its neighbours, and takes one away so that nothing is left of it.</summary>
internal static class ElementPlacement
{
    /// <summary>As virDomainDefFormatInternalSetRootName (conf/domain_conf.c) writes them.</summary>
    private static readonly Dictionary<string, string[]> Orders = new(StringComparer.Ordinal)
    {
        ["domain"] =
        [
            "name", "uuid", "genid", "title", "description", "metadata", "maxMemory", "memory", "currentMemory", "blkiotune", "memtune", "memoryBacking", "vcpu", "vcpus",
            "iothreads", "iothreadids", "defaultiothread", "cputune", "numatune", "resource", "sysinfo", "bootloader", "bootloader_args", "os", "idmap", "features", "cpu", "clock",
            "on_poweroff", "on_reboot", "on_crash", "on_lockfailure", "pm", "perf", "devices", "seclabel", "keywrap", "launchSecurity",
        ],
        ["memoryBacking"] = ["hugepages", "nosharepages", "locked", "source", "access", "allocation", "discard"],
        ["cputune"] =
        [
            "shares", "global_period", "global_quota", "period", "quota", "emulator_period", "emulator_quota", "iothread_period", "iothread_quota",
            "vcpupin", "emulatorpin", "iothreadpin", "vcpusched", "iothreadsched", "emulatorsched", "cachetune", "memorytune",
        ],
        ["features"] = ["acpi", "apic", "pae", "hap", "viridian", "privnet", "hyperv", "kvm", "pvspinlock", "capabilities", "pmu", "vmport", "gic", "smm", "ioapic", "hpt", "vmcoreinfo"],
        ["kvm"] = ["hidden", "hint-dedicated", "poll-control", "pv-ipi", "dirty-ring"],
        ["devices"] =
        [
            "emulator", "disk", "controller", "lease", "filesystem", "interface", "smartcard", "serial", "parallel", "console", "channel", "input", "tpm", "graphics", "audio", "sound",
            "video", "hostdev", "redirdev", "redirfilter", "hub", "watchdog", "memballoon", "rng", "nvram", "panic", "shmem", "memory", "iommu", "vsock", "crypto",
        ],
        ["disk"] = ["driver", "auth", "source", "backingStore", "target"],
        ["controller"] = ["target", "driver", "master", "model", "alias", "address"],
    };

    /// <summary>Attribute by whose number libvirt sorts elements of one name.</summary>
    private static readonly Dictionary<string, string> SortedBy = new(StringComparer.Ordinal) { ["iothreadpin"] = "iothread", ["iothread"] = "id", ["vcpupin"] = "vcpu" };

    /// <param name="place">Among those of its name, from 1; null for the last.</param>
    public static void Insert(XElement parent, XElement element, int? place = null)
    {
        var successor = (place is { } number ? parent.Elements(element.Name).ElementAtOrDefault(number - 1) : null) ?? parent.Elements().FirstOrDefault(e => ComesBefore(parent, element, e));
        if (successor is { } next)
        {
            if (Indentation(next) is { } before)
            {
                next.AddBeforeSelf(element, new XText(before));
            }
            else
            {
                next.AddBeforeSelf(element);
            }
        }
        else if (parent.Elements().LastOrDefault() is { } last)
        {
            if (Indentation(last) is { } before)
            {
                last.AddAfterSelf(new XText(before), element);
            }
            else
            {
                last.AddAfterSelf(element);
            }
        }
        else if (Indentation(parent) is { } outer)
        {
            parent.RemoveNodes();
            parent.Add(new XText(outer + "  "), element, new XText(outer));
        }
        else
        {
            parent.RemoveNodes();
            parent.Add(element);
        }
    }

    public static void Remove(XElement element)
    {
        if (element.PreviousNode is XText { Value: var text } before && string.IsNullOrWhiteSpace(text))
        {
            before.Remove();
        }

        var parent = element.Parent!;
        element.Remove();
        if (!parent.HasElements && string.IsNullOrWhiteSpace(parent.Value))
        {
            parent.RemoveNodes();
        }
    }

    private static bool ComesBefore(XElement parent, XElement element, XElement other)
    {
        if (element.Name == other.Name)
        {
            return SortedBy.TryGetValue(element.Name.LocalName, out var key) && Number(element, key) < Number(other, key);
        }

        return Rank(parent, element) < Rank(parent, other);
    }

    /// <summary>What has no rank is of another namespace or of a newer libvirt, and stays last.</summary>
    private static int Rank(XElement parent, XElement child)
    {
        var rank = child.Name.Namespace == XNamespace.None && Orders.TryGetValue(parent.Name.LocalName, out var order) ? Array.IndexOf(order, child.Name.LocalName) : -1;
        return rank < 0 ? int.MaxValue : rank;
    }

    private static int Number(XElement element, string attribute) =>
        int.TryParse((string?)element.Attribute(attribute), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : int.MaxValue;

    private static string? Indentation(XElement element) => element.PreviousNode is XText { Value: var text } && string.IsNullOrWhiteSpace(text) ? text : null;
}
