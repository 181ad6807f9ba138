using System.Xml.Linq;
using GuestTune.Controller.DomainXml.IOThreads;

namespace GuestTune.Controller.DomainXml.Preflight;

/// <summary>References to IOThreads that are not defined, which not every libvirt driver refuses.</summary>
internal static class IOThreadCheck
{
    public static IEnumerable<DefinitionProblem> Find(DomainView view, XElement definition)
    {
        var layout = IOThreadLayout.Of(definition);
        foreach (var (device, thread) in layout.Assigned)
        {
            if (!layout.Ids.Contains(thread))
            {
                yield return new DefinitionProblem($"{device} is given IOThread {thread}, and there {(layout.Ids.Count == 0 ? "are none" : $"are {string.Join(", ", layout.Ids)}")}", MayBeForced: false);
            }
        }

        foreach (var thread in layout.Pins.Keys.Where(t => !layout.Ids.Contains(t)))
        {
            yield return new DefinitionProblem($"IOThread {thread} is pinned and not defined", MayBeForced: false);
        }
    }
}
