using System.Xml.Linq;
using GuestTune.Practices;

namespace GuestTune.Controller.DomainXml.Svirt;

/// <summary>SELinux confinement of a domain's QEMU: a type for all of them, and categories that no other one has.</summary>
internal sealed class SvirtPractice(DomainView view) : DomainPractice(view)
{
    public const string PracticeId = "svirt";

    private const string Model = "selinux";
    private const string Dynamic = "<seclabel type=\"dynamic\" model=\"selinux\" relabel=\"yes\" />";

    public override string Id => PracticeId;

    protected override void Draft(Wishes wishes, PlanDraft draft)
    {
        // One without a model is for whatever model the host has, so it goes, too.
        if (View.Persistent.Root.Elements("seclabel").Any(static s => s.Attribute("model") is null))
        {
            draft.Set("seclabel[@type='none']", null);
        }

        draft.Set($"seclabel[@model='{Model}']", wishes.Text("label") is "dynamic" ? Dynamic : null);
        if (HostProblem() is { } problem)
        {
            draft.Warn(problem);
        }
    }

    protected override (Verdict Verdict, string Reason) Judge(DomainFacts facts)
    {
        facts.Add("seclabel", static d => Labels(d).Select(static l => l.ToString(SaveOptions.DisableFormatting)).FirstOrDefault());
        facts.Add("libvirt's security models", string.Join(", ", Models(View)), "libvirt's capabilities");
        foreach (var path in new[] { "/sys/fs/selinux/enforce", "/etc/selinux/config", "/proc/cmdline" })
        {
            var (value, problem) = SelinuxOf(path);
            facts.Add($"selinux in {path}", value, path, problem);
        }

        if (Labels(View.Persistent.Root).Any(static l => (string?)l.Attribute("type") is "none"))
        {
            return (Verdict.Failed, "<seclabel type='none'> switches confinement off: QEMU could reach what other VMs and the host have (guesttune vm set svirt --seclabel dynamic)");
        }

        if (!Models(View).Contains(Model, StringComparer.Ordinal))
        {
            return HasSelinux ? (Verdict.Failed, $"the host has SELinux, and libvirt does not use it: its security models are {string.Join(", ", Models(View))} (security_driver in qemu.conf)")
                : IsSwitchedOff ? (Verdict.Failed, HostProblem()!)
                : (Verdict.NotApplicable, $"libvirt on this host has no SELinux: its security models are {(string.Join(", ", Models(View)) is { Length: > 0 } models ? models : "none")}");
        }

        if (HostProblem() is { } hostProblem)
        {
            return (Verdict.Failed, hostProblem);
        }

        var persistent = Labels(View.Persistent.Root).Select(static l => (string?)l.Attribute("type")).FirstOrDefault() ?? "dynamic";
        return ProcessProof.Judge(View, persistent, View.Live is { } live ? Labels(live.Root).Select(static l => (string?)l.Attribute("type")).FirstOrDefault() ?? "dynamic" : null, "", process => Prove(process, facts));
    }

    private bool HasSelinux => View.Host.IsThisHost && View.Facts.Files.FileExists("/sys/fs/selinux/enforce");

    /// <summary>The host could have it, somebody does not want it to, and nothing else confines QEMU.</summary>
    private bool IsSwitchedOff => View.Host.IsThisHost && !Models(View).Contains("apparmor", StringComparer.Ordinal)
        && (SelinuxOf("/etc/selinux/config").Value?.Trim() is "SELINUX=disabled" || SelinuxOf("/proc/cmdline").Value?.Split(' ').Contains("selinux=0", StringComparer.Ordinal) is true);

    private string? HostProblem() =>
        !View.Host.IsThisHost ? null
        : SelinuxOf("/sys/fs/selinux/enforce").Value switch
        {
            "1" => null,
            "0" => "SELinux of this host is permissive: it forbids nothing. setenforce 1, and SELINUX=enforcing in /etc/selinux/config",
            _ => $"this host runs without SELinux{(SelinuxOf("/proc/cmdline").Value is { } argument ? $" ({argument} on its kernel command line)" : "")}: SELINUX=enforcing in /etc/selinux/config, no selinux=0 on the kernel command line, and a reboot",
        };

    private (Verdict Verdict, string Reason) Prove(QemuProcess process, DomainFacts facts)
    {
        var path = $"/proc/{process.Id}/attr/current";
        var (label, problem) = Label(process);
        facts.AddInForce("label of QEMU", label, path, problem);
        if (label is null)
        {
            return (Verdict.Configured, $"the label of QEMU cannot be read: {path}: {problem}");
        }

        // USER:ROLE:TYPE:LEVEL, whose level has colons of its own: s0:c200,c947
        var parts = label.Split(':', 4);
        if (parts.Length < 4 || !parts[2].StartsWith("svirt_", StringComparison.Ordinal) || !parts[3].Contains(":c", StringComparison.Ordinal))
        {
            return (Verdict.Failed, $"QEMU runs as {label}, not as svirt_t with categories of its own");
        }

        var twin = View.Facts.Processes.FirstOrDefault(p => p.Value.Id != process.Id && Label(p.Value).Value?.Split(':', 4) is [_, _, _, var level] && string.Equals(level, parts[3], StringComparison.Ordinal));
        return twin.Value is { } other
            ? (Verdict.Failed, $"QEMU runs as {label}, and so does that of domain {twin.Key} (process {other.Id}): they can reach one another's files")
            : (Verdict.Effective, $"QEMU runs as {label}, and no other VM has its categories");
    }

    private (string? Value, string? Problem) Label(QemuProcess process)
    {
        var reading = View.Facts.Files.ReadText($"/proc/{process.Id}/attr/current");
        return (reading.Value, reading.Problem);
    }

    private (string? Value, string? Problem) SelinuxOf(string path)
    {
        var reading = View.Facts.Files.ReadText(path);
        return path switch
        {
            "/etc/selinux/config" => (reading.Text?.Split('\n').FirstOrDefault(static l => l.StartsWith("SELINUX=", StringComparison.Ordinal)), reading.Problem),
            "/proc/cmdline" => (string.Join(' ', (reading.Value ?? "").Split(' ').Where(static a => a.StartsWith("selinux=", StringComparison.Ordinal) || a.StartsWith("enforcing=", StringComparison.Ordinal) || a.StartsWith("security=", StringComparison.Ordinal))) is { Length: > 0 } arguments ? arguments : null, reading.Problem),
            _ => (reading.Value, reading.Problem),
        };
    }

    /// <summary>Those for SELinux; without a model for any.</summary>
    private static IEnumerable<XElement> Labels(XElement domain) => domain.Elements("seclabel").Where(static s => (string?)s.Attribute("model") is null or Model);

    private static IEnumerable<string> Models(DomainView view) => view.Capabilities.Elements("host").Elements("secmodel").Elements("model").Select(static m => m.Value);
}
