using System.Xml.Linq;

namespace GuestTune.Controller.DomainXml.Preflight;

/// <summary>TPMs that QEMU or swtpm on this host cannot give.</summary>
internal static class TpmCheck
{
    public static IEnumerable<DefinitionProblem> Find(DomainView view, XElement definition)
    {
        if (definition.Element("devices")?.Element("tpm") is not { } tpm || view.DomainCapabilities?.Element("devices")?.Element("tpm") is not { } known)
        {
            yield break;
        }

        var backend = (string?)tpm.Element("backend")?.Attribute("type");
        if (backend is "emulator" && !Values(known, "backendModel").Contains("emulator", StringComparer.Ordinal))
        {
            yield return new DefinitionProblem("libvirt finds no swtpm on this host: install it (Debian: swtpm and swtpm-tools; openEuler and Fedora: swtpm and swtpm-tools), and the domain can have an emulated TPM");
        }

        if ((string?)tpm.Attribute("model") is { } model && Values(known, "model") is { Length: > 0 } models && !models.Contains(model, StringComparer.Ordinal))
        {
            yield return new DefinitionProblem($"this QEMU has no {model} for the domain's machine; it has {string.Join(", ", models)}", MayBeForced: false);
        }

        if ((string?)tpm.Element("backend")?.Attribute("version") is { } version && Values(known, "backendVersion") is { Length: > 0 } versions && !versions.Contains(version, StringComparer.Ordinal))
        {
            yield return new DefinitionProblem($"swtpm on this host has no TPM {version}; it has {string.Join(", ", versions)}");
        }

        if ((string?)tpm.Attribute("model") is "tpm-crb" && (string?)tpm.Element("backend")?.Attribute("version") is "1.2")
        {
            yield return new DefinitionProblem("a TPM 1.2 has no CRB interface: take tpm-tis, or version 2.0", MayBeForced: false);
        }
    }

    private static string[] Values(XElement known, string name) =>
        [.. known.Elements("enum").Where(e => (string?)e.Attribute("name") == name).Elements("value").Select(static v => v.Value)];
}
