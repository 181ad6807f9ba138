using System.Xml.Linq;

namespace GuestTune.Controller.DomainXml.Preflight;

/// <summary>Labels of a security model that libvirt does not use here: "Security driver model 'selinux' is not available" at the start.</summary>
internal static class SecurityModelCheck
{
    public static IEnumerable<DefinitionProblem> Find(DomainView view, XElement definition)
    {
        var labels = definition.Elements("seclabel").Select(static s => (string?)s.Attribute("model")).OfType<string>().ToArray();
        if (labels.Length == 0)
        {
            yield break;
        }

        var models = view.Capabilities.Elements("host").Elements("secmodel").Elements("model").Select(static m => m.Value).ToArray();
        foreach (var model in labels.Where(l => !models.Contains(l, StringComparer.Ordinal)))
        {
            yield return new DefinitionProblem($"the definition has a label of the security model {model}, and libvirt has {(models.Length == 0 ? "none" : string.Join(", ", models))} on this host: the domain would not start");
        }
    }
}
