using System.Xml.Linq;
using GuestTune.Practices;

namespace GuestTune.Controller.DomainXml.AgentChannel;

/// <summary>The virtio-serial port of guesttune-agent.</summary>
internal sealed class AgentChannelPractice(DomainView view) : DomainPractice(view)
{
    public const string PracticeId = "agent-channel";

    private const string PortName = Libvirt.DomainXml.PortName;
    private const string Path = $"devices/channel[target/@name='{PortName}']";
    private const string Controller = "devices/controller[@type='virtio-serial'][@index='0']";
    private const string Channel = $"<channel type=\"unix\"><target type=\"virtio\" name=\"{PortName}\" /></channel>";
    private const string LiveItem = "channel";
    private const string Present = "present";

    public override string Id => PracticeId;

    protected override void Draft(Wishes wishes, PlanDraft draft)
    {
        var isWanted = wishes.Switch("enabled") is true;
        if (isWanted && WhyUnfit(View.Persistent.Root) is { } reason)
        {
            throw PracticeException.Precondition($"{reason}; take it away first (virsh edit)");
        }

        // libvirt would add it by itself; as a change of ours it goes with an undo, too.
        if (isWanted && !HasController(View.Persistent.Root))
        {
            PciPort.Ensure(View, draft);
            draft.Set(Controller, "<controller type=\"virtio-serial\" index=\"0\" />");
        }

        if (!isWanted || Find(View.Persistent.Root) is null)
        {
            draft.Set(Path, isWanted ? Channel : null);
        }

        if (View.Live is { } live && (HasController(live.Root) || !isWanted))
        {
            draft.SetLive(LiveItem, isWanted ? Present : null);
        }
        else if (View.IsActive && isWanted)
        {
            draft.Warn("the running VM has no virtio-serial controller, and none can be plugged in: it has the channel after a power cycle");
        }
    }

    protected override IKnob? OpenLive(string item) => item is not LiveItem ? null : new LiveKnob(
        View,
        () => Find(View.Live!.Root) is null ? null : Present,
        value =>
        {
            if (value is not null)
            {
                View.Domain.AttachLive(Channel);
            }
            else if (Find(View.Live!.Root) is { } channel)
            {
                View.Domain.DetachLive(channel.ToString(SaveOptions.DisableFormatting));
            }
        });

    protected override (Verdict Verdict, string Reason) Judge(DomainFacts facts)
    {
        facts.Add(PortName, static d => (string?)Find(d)?.Attribute("type"));
        facts.Add("virtio-serial controller", static d => HasController(d) ? Present : null);
        var running = View.Live is { } live ? Find(live.Root) : null;
        var state = (string?)running?.Element("target")?.Attribute("state");
        if (running is not null)
        {
            facts.AddInForce("state", state, "running domain");
        }

        return (WhyUnfit(View.Persistent.Root), Find(View.Persistent.Root), running) switch
        {
            ({ } reason, _, _) => (Verdict.Failed, reason),
            (_, null, null) => (Verdict.Absent, $"the domain has no channel {PortName}: nothing in the guest can be tuned or seen"),
            (_, not null, null) when View.IsActive => (Verdict.Pending, "after a power cycle: the running VM has no such channel"),
            (_, null, _) => (Verdict.Pending, "after a power cycle: the running VM has the channel, and its definition has not"),
            (_, _, null) => (Verdict.Configured, "the domain does not run"),
            _ when state is "connected" => (Verdict.Effective, "an agent in the guest has the port open"),
            _ => (Verdict.Configured, "no agent in the guest has the port open"),
        };
    }

    private static string? WhyUnfit(XElement domain) => Find(domain) is not { } channel ? null
        : (string?)channel.Attribute("type") is not "unix" and var type ? $"the domain's channel {PortName} is of type '{type}' and must be 'unix'"
        : (string?)channel.Element("source")?.Attribute("mode") is "connect" ? $"by the domain's channel {PortName} QEMU connects to a socket instead of serving one"
        : null;

    private static XElement? Find(XElement domain) => domain.Elements("devices").Elements("channel").FirstOrDefault(static c => (string?)c.Element("target")?.Attribute("name") is PortName);

    private static bool HasController(XElement domain) => domain.Elements("devices").Elements("controller").Any(static c => (string?)c.Attribute("type") is "virtio-serial");
}
