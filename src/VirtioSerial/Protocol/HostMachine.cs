using System.Buffers.Binary;
using GuestTune.VirtioSerial.Frames;

namespace GuestTune.VirtioSerial.Protocol;

/// <summary>The host's side: it says HELLO until an agent answers, and then keeps to that agent.</summary>
internal sealed class HostMachine(SessionOptions options, IChannelEvents events, Func<SessionId> createId)
    : ChannelMachine(options, events,
        FrameReader.Bit(FrameType.Welcome) | FrameReader.Bit(FrameType.Ready) | FrameReader.Bit(FrameType.Reset))
{
    private SessionId _instance;
    private bool _attaching;
    private bool _readyAnswered;

    /// <summary>Why no attach on this port can succeed; null while one may.</summary>
    public AttachRefusal? Refusal { get; private set; }

    /// <summary>Begins to attach.</summary>
    public void Start()
    {
        _attaching = true;
        Session = createId();
        SendHello();
    }

    /// <summary>Asks again, behind padding that completes whatever torn frame the guest's reader may be waiting in.</summary>
    public void RetryHello()
    {
        if (!_attaching)
        {
            return;
        }

        _readyAnswered = false;
        EnsureId();
        Events.Send(Frame.Pad(Session, Options.MinVersion));
        SendHello();
    }

    /// <summary>The attach was given up.</summary>
    public void StopAttaching()
    {
        if (_attaching)
        {
            _attaching = false;
            Session = default;
        }
    }

    protected override void OnSessionlessFrame(in FrameHeader header, ReadOnlySpan<byte> payload)
    {
        switch (header.Type)
        {
            case FrameType.Ready when payload.Length >= Frame.ReadyPayloadSizeBytes:
                OnReady(SessionId.Read(payload));
                break;
            case FrameType.Welcome when header.Session == Session && !Session.IsZero && _attaching:
                OnWelcome(header, payload);
                break;
            case FrameType.Welcome when header.Session == Session && IsEstablished && payload.Length >= Frame.WelcomePayloadSizeBytes:
                // A repeated HELLO that the first agent left unread is answered by the next one.
                EndIfOther(SessionId.Read(payload[8..]));
                break;
            case FrameType.Reset when header.Session == Session && !Session.IsZero:
                OnReset(ResetNotice.Read(payload));
                break;
            default:
                break;
        }
    }

    protected override void OnPrematureFrame(in FrameHeader header)
    {
        // WELCOME was lost and data that followed it was not. That data cannot be asked for again, so this id is used up,
        // and a WELCOME to a repeated HELLO of it must not be taken either.
        if (_attaching)
        {
            Session = default;
        }
    }

    protected override void OnForeign(in FrameHeader header)
    {
    }

    private void OnReady(SessionId instance)
    {
        if (IsEstablished)
        {
            EndIfOther(instance);
        }
        else if (_attaching && !_readyAnswered)
        {
            // The agent that HELLO was sent to may be gone; do not wait for the next repetition. Once in between, lest
            // a hostile guest makes this side talk without end.
            _readyAnswered = true;
            EnsureId();
            SendHello();
        }
    }

    private void EndIfOther(SessionId instance)
    {
        if (instance != _instance)
        {
            End(SessionEnd.AgentRestarted, "another agent has started behind the port");
        }
    }

    private void OnWelcome(in FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (header.Sequence != 0)
        {
            // The first WELCOME was lost, and so was the data between it and this one.
            Session = default;
            return;
        }

        if (payload.Length < Frame.WelcomePayloadSizeBytes)
        {
            Refuse(AttachFailure.ProtocolError, "the agent's answer is too short");
            return;
        }

        var version = payload[0];
        if (version < Options.MinVersion || version > Options.MaxVersion)
        {
            Refuse(AttachFailure.VersionUnsupported, VersionMessage(version, version));
            return;
        }

        var limit = BinaryPrimitives.ReadInt32LittleEndian(payload[4..]);
        if (limit < FrameHeader.MinPayloadLimitSizeBytes)
        {
            Refuse(AttachFailure.ProtocolError, $"the agent allows payloads of {limit} bytes only");
            return;
        }

        _attaching = false;
        _instance = SessionId.Read(payload[8..]);
        Establish(new SessionParameters(header.Session, version, Math.Min(limit, FrameHeader.MaxPayloadSizeBytes), _instance));
    }

    private void OnReset(in ResetNotice notice)
    {
        if (IsEstablished)
        {
            End(notice.End, $"the agent ended the session: {notice}");
            return;
        }

        switch (notice.Reason)
        {
            case ResetReason.VersionUnsupported:
                Refuse(AttachFailure.VersionUnsupported, VersionMessage(notice.MinVersion, notice.MaxVersion));
                break;
            case ResetReason.ProtocolError:
                Refuse(AttachFailure.ProtocolError, $"the agent refused to attach: {notice}");
                break;
            default:
                Session = default;
                break;
        }
    }

    private void Refuse(AttachFailure failure, string message)
    {
        Refusal ??= new AttachRefusal(failure, message);
        StopAttaching();
    }

    private string VersionMessage(int theirMin, int theirMax) =>
        $"the agent speaks channel protocol {Range(theirMin, theirMax)} and this program {Range(Options.MinVersion, Options.MaxVersion)}: update the older one";

    private static string Range(int min, int max) => min == max ? $"version {min}" : $"versions {min} to {max}";

    private void EnsureId()
    {
        if (Session.IsZero)
        {
            Session = createId();
        }
    }

    private void SendHello() =>
        Events.Send(Frame.Hello(Session, Options.MinVersion, Options.MaxVersion, Options.MaxPayloadSizeBytes));
}
