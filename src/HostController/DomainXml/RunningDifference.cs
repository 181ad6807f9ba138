using System.Xml.Linq;
using GuestTune.Controller.DomainXml.Editing;
using GuestTune.Practices;

namespace GuestTune.Controller.DomainXml;

/// <summary>What a power cycle would change: the running domain against its definition, without what only a running one can have.</summary>
internal static class RunningDifference
{
    public static IEnumerable<FileEdit> Of(DomainView view)
    {
        if (view.Live is { } live)
        {
            yield return new FileEdit($"{view.Name} (running, and after a power cycle)", Shown(live.Root), Shown(view.Persistent.Root));
        }
    }

    private static string Shown(XElement domain)
    {
        var copy = new XElement(domain);
        copy.SetAttributeValue("id", null);
        foreach (var element in copy.Descendants().Where(static e => IsOfRunning(e)).ToArray())
        {
            ElementPlacement.Remove(element);
        }

        foreach (var source in copy.Descendants("source"))
        {
            source.SetAttributeValue("index", null);
            if (source.Parent!.Name.LocalName is "channel" or "console" or "serial")
            {
                source.SetAttributeValue("path", null);
            }
        }

        foreach (var target in copy.Descendants("channel").Elements("target"))
        {
            target.SetAttributeValue("state", null);
        }

        foreach (var console in copy.Descendants("console").Concat(copy.Descendants("graphics").Where(static g => (string?)g.Attribute("autoport") is "yes")))
        {
            console.SetAttributeValue("tty", null);
            console.SetAttributeValue("port", console.Attribute("port") is null ? null : "-1");
        }

        return copy.ToString(SaveOptions.None) + "\n";
    }

    private static bool IsOfRunning(XElement element) => element.Name.LocalName is "alias" or "imagelabel" or "resource"
        || (element.Name.LocalName is "label" or "baselabel" && element.Parent?.Name.LocalName is "seclabel")
        || (element.Name.LocalName is "backingStore" && !element.HasElements)
        || (element.Name.LocalName is "source" && !element.HasElements && element.Parent?.Name.LocalName is "console" or "serial");
}
