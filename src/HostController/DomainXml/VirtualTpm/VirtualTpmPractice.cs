using System.Xml.Linq;
using GuestTune.Practices;

namespace GuestTune.Controller.DomainXml.VirtualTpm;

/// <summary>A TPM of the domain's own, which swtpm emulates. Its state is libvirt's, and stays whatever is defined.</summary>
internal sealed class VirtualTpmPractice(DomainView view) : DomainPractice(view)
{
    public const string PracticeId = "vtpm";

    private const string Path = "devices/tpm";
    private const string Emulator = "emulator";

    public override string Id => PracticeId;

    protected override void Draft(Wishes wishes, PlanDraft draft)
    {
        var (version, model) = (wishes.Text("version"), wishes.Text("model"));
        var now = Tpm(View.Persistent.Root);
        if (wishes.Switch("enabled") is false)
        {
            if (version is not null || model is not null)
            {
                throw PracticeException.Invalid("a TPM that is taken away has neither version nor model");
            }

            draft.Set(Path, null);
            if (now is not null)
            {
                draft.Warn("the TPM's state stays in libvirt's directory, and is there again with the next TPM of this domain; virsh undefine would delete it");
            }

            return;
        }

        if (Backend(now) is { } backend and not Emulator)
        {
            throw PracticeException.Precondition($"the domain has a TPM of another kind ({backend}) already, and can have one only; take it away first where that is what you want (virsh edit)");
        }

        if (now is null)
        {
            version ??= "2.0";
            draft.Set(Path, $"<tpm model=\"{model ?? UsualModel(version)}\"><backend type=\"{Emulator}\" version=\"{version}\" /></tpm>");
            return;
        }

        if (version is not null && Version(now) is { } former && !string.Equals(former, version, StringComparison.Ordinal))
        {
            if (!wishes.IsForced)
            {
                throw PracticeException.Precondition($"the domain has a TPM {former}: a TPM {version} begins empty, and what the guest has sealed to the old one stays locked until that is back. --force changes it all the same");
            }

            draft.Warn($"the TPM {version} begins empty; what the guest has sealed to the TPM {former} stays locked until that is back");
        }

        if (version is not null)
        {
            draft.Set($"{Path}/backend/@version", version);
        }

        if (model is not null)
        {
            draft.Set($"{Path}/@model", model);
        }
    }

    protected override (Verdict Verdict, string Reason) Judge(DomainFacts facts)
    {
        facts.Add("tpm", static d => (string?)Tpm(d)?.Attribute("model"));
        facts.Add("tpm version", static d => Version(Tpm(d)));
        facts.Add("tpm backend", static d => Backend(Tpm(d)));
        if (Preflight.TpmCheck.Find(View, View.Persistent.Root).Select(static p => p.Message).ToArray() is { Length: > 0 } problems)
        {
            return (Verdict.Failed, string.Join("; ", problems));
        }

        return ProcessProof.Judge(View, Describe(View.Persistent.Root), View.Live is { } live ? Describe(live.Root) : null, "the domain has no TPM, so its starts cannot be measured", process =>
            process.Arguments.Contains("-tpmdev", StringComparer.Ordinal)
                ? (Verdict.Effective, $"QEMU runs with {Describe(View.Live!.Root)}; guesttune pcr shows what the guest measured into it")
                : (Verdict.Failed, "the running QEMU was given no TPM"));
    }

    /// <summary>A TIS is what every firmware drives; CRB is faster, and needs UEFI and TPM 2.0. AArch64 has the TIS as a platform device, POWER its own.</summary>
    private string UsualModel(string version) => View.Architecture switch
    {
        "aarch64" or "armv7l" => "tpm-tis-device",
        "ppc64le" or "ppc64" => "tpm-spapr",
        _ when version is "2.0" && IsUefi(View.Persistent.Root) => "tpm-crb",
        _ => "tpm-tis",
    };

    private static bool IsUefi(XElement domain) => domain.Element("os") is { } os && ((string?)os.Attribute("firmware") is "efi" || (string?)os.Element("loader")?.Attribute("type") is "pflash");

    private static XElement? Tpm(XElement domain) => domain.Element("devices")?.Element("tpm");

    private static string? Backend(XElement? tpm) => (string?)tpm?.Element("backend")?.Attribute("type");

    private static string? Version(XElement? tpm) => (string?)tpm?.Element("backend")?.Attribute("version");

    private static string? Describe(XElement domain) => Tpm(domain) is { } tpm ? $"{(string?)tpm.Attribute("model")} {Version(tpm)} ({Backend(tpm)})" : null;
}
