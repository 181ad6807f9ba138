using GuestTune.VirtioSerial.Frames;
using GuestTune.VirtioSerial.Protocol;

namespace GuestTune.VirtioSerial.Tests;

public class MachineTests
{
    private static readonly SessionId A = new(0xA, 1);
    private static readonly SessionId B = new(0xB, 1);
    private static readonly SessionId Agent = new(0xF, 1);

    private readonly RecordedEvents _events = new();

    [Fact]
    public void Guest_Hello_IsWelcomed()
    {
        using var guest = CreateGuest();
        Feed(guest, Frame.Hello(A, 1, 1, 600));
        Assert.Equal(A, guest.Session);
        Assert.Equal(600, _events.Attached!.Value.MaxPayloadSizeBytes);
        Assert.Equal([$"Welcome {A}"], _events.Sent);
    }

    [Fact]
    public void Guest_RepeatedHello_IsWelcomedAgainInTheSameSession()
    {
        using var guest = CreateGuest();
        Feed(guest, Frame.Hello(A, 1, 1, 600), Frame.Pad(A, 1), Frame.Hello(A, 1, 1, 600));
        Assert.Equal([$"Welcome {A}", $"Welcome {A}"], _events.Sent);
        Assert.Empty(_events.Ended);
    }

    [Fact]
    public void Guest_HelloBehindDataOfItsSession_IsAProtocolError()
    {
        using var guest = CreateGuest();
        Feed(guest, Frame.Hello(A, 1, 1, 600), Data(A, 0), Frame.Hello(A, 1, 1, 600));
        Assert.Equal([(A, SessionEnd.ProtocolError)], _events.Ended);
    }

    [Fact]
    public void Guest_AnotherHello_ReplacesTheSessionAtOnce()
    {
        using var guest = CreateGuest();
        Feed(guest, Frame.Hello(A, 1, 1, 600), Frame.Hello(B, 1, 1, 600));
        Assert.Equal([(A, SessionEnd.Replaced)], _events.Ended);
        Assert.Equal(2, _events.Dropped);
        Assert.Equal([$"Welcome {A}", $"Welcome {B}"], _events.Sent);
    }

    [Fact]
    public void Guest_HelloOfTheSessionThatEnded_DoesNotReviveIt()
    {
        using var guest = CreateGuest();
        Feed(guest, Frame.Hello(A, 1, 1, 600));
        guest.Close(ResetReason.Closed, null);
        Feed(guest, Frame.Hello(A, 1, 1, 600));
        Assert.False(guest.IsEstablished);
        Assert.Equal([$"Welcome {A}", $"Reset {A} Closed", $"Reset {A} UnknownSession"], _events.Sent);
    }

    [Fact]
    public void Guest_DataOfAnUnknownSession_IsRefusedOnceAndEachPingOfIt()
    {
        using var guest = CreateGuest();
        Feed(guest, Data(A, 7), Data(A, 8), Frame.Token(A, 1, FrameType.Ping, 1), Frame.Token(A, 1, FrameType.Ping, 2));
        Assert.Equal([$"Reset {A} UnknownSession", $"Reset {A} UnknownSession", $"Reset {A} UnknownSession"], _events.Sent);
    }

    [Fact]
    public void Guest_ResetOfAnotherSession_IsIgnored()
    {
        using var guest = CreateGuest();
        Feed(guest, Frame.Hello(A, 1, 1, 600), Frame.Reset(B, 1, ResetReason.Closed, 1, 1, ""));
        Assert.True(guest.IsEstablished);
        Feed(guest, Frame.Reset(A, 1, ResetReason.Closed, 1, 1, ""));
        Assert.Equal([(A, SessionEnd.PeerClosed)], _events.Ended);
    }

    [Theory]
    [InlineData(1u)]
    [InlineData(5u)]
    public void Session_WrongSequence_IsCorrupt(uint sequence)
    {
        using var guest = CreateGuest();
        Feed(guest, Frame.Hello(A, 1, 1, 600), Data(A, sequence));
        Assert.Equal([(A, SessionEnd.Corrupt)], _events.Ended);
        Assert.Equal([$"Welcome {A}", $"Reset {A} Corrupt"], _events.Sent);
        Assert.Equal(0, _events.DataSizeBytes);
    }

    [Fact]
    public void Session_RepeatedFrame_IsCorrupt()
    {
        using var guest = CreateGuest();
        Feed(guest, Frame.Hello(A, 1, 1, 600), Data(A, 0), Data(A, 0));
        Assert.Equal([(A, SessionEnd.Corrupt)], _events.Ended);
        Assert.Equal(5, _events.DataSizeBytes);
    }

    [Fact]
    public void Session_BadPayload_IsCorruptEvenIfNothingFollows()
    {
        var data = Data(A, 0);
        data[^1] ^= 1;
        using var guest = CreateGuest();
        Feed(guest, Frame.Hello(A, 1, 1, 600), data);
        Assert.Equal([(A, SessionEnd.Corrupt)], _events.Ended);
    }

    [Fact]
    public void Session_EmptyFrameWithABadPayloadChecksum_IsCorrupt()
    {
        var fin = new byte[FrameHeader.SizeBytes];
        new FrameHeader(1, FrameType.Fin, 0, A, 0, 0x12345678).Write(fin);
        using var guest = CreateGuest();
        Feed(guest, Frame.Hello(A, 1, 1, 600), fin);
        Assert.Equal([(A, SessionEnd.Corrupt)], _events.Ended);
    }

    [Fact]
    public void Session_MoreThanAgreed_IsAProtocolError()
    {
        using var guest = CreateGuest(new SessionOptions { MaxPayloadSizeBytes = 600 });
        Feed(guest, Frame.Hello(A, 1, 1, 600), Frame.Create(1, FrameType.Data, A, 0, new byte[601]));
        Assert.Equal([(A, SessionEnd.ProtocolError)], _events.Ended);
    }

    [Theory]
    [InlineData(1, FrameType.Ping, 7)]
    [InlineData(1, FrameType.Pong, 9)]
    [InlineData(1, (FrameType)77, 0)]
    [InlineData(1, (FrameType)255, 0)]
    [InlineData(1, (FrameType)33, 8)]
    [InlineData(1, (FrameType)37, 8)]
    [InlineData(2, FrameType.Data, 1)]
    public void Session_FrameThatMayNotBeSent_IsAProtocolError(byte version, object type, int sizeBytes)
    {
        using var guest = CreateGuest();
        Feed(guest, Frame.Hello(A, 1, 1, 600), Frame.Create(version, (FrameType)type, A, 0, new byte[sizeBytes]));
        Assert.Equal([(A, SessionEnd.ProtocolError)], _events.Ended);
    }

    [Fact]
    public void Session_DataBehindFin_IsCorrupt()
    {
        using var guest = CreateGuest();
        Feed(guest, Frame.Hello(A, 1, 1, 600), Frame.Create(1, FrameType.Fin, A, 0, []), Data(A, 1));
        Assert.Equal([(A, SessionEnd.Corrupt)], _events.Ended);
    }

    [Fact]
    public void Session_FinBothWays_IsClosedWithoutReset()
    {
        using var guest = CreateGuest();
        Feed(guest, Frame.Hello(A, 1, 1, 600), Frame.Create(1, FrameType.Fin, A, 0, []));
        Assert.Empty(_events.Ended);
        guest.OnFinSent();
        Assert.Equal([(A, SessionEnd.Closed)], _events.Ended);
        Assert.Equal([$"Welcome {A}"], _events.Sent);
    }

    [Fact]
    public void Guest_PeerGone_ForgetsWhatWasBegun()
    {
        using var guest = CreateGuest();
        Feed(guest, Frame.Hello(A, 1, 1, 600));
        Feed(guest, Data(A, 0)[..^1]);
        guest.OnPeerGone("gone");
        Assert.Equal([(A, SessionEnd.PeerDetached)], _events.Ended);
        Assert.Equal(0, guest.Reader.BufferedSizeBytes);
    }

    [Fact]
    public void Guest_PeerGoneWithoutASession_DropsWhatItLeftUnread()
    {
        using var guest = CreateGuest();
        Feed(guest, Frame.Hello(A, 1, 1, 600), Frame.Reset(A, 1, ResetReason.Closed, 1, 1, ""));
        var dropped = _events.Dropped;
        guest.OnPeerGone("gone");
        Assert.Equal(dropped + 1, _events.Dropped);
    }

    [Theory]
    [InlineData(2, 3)]
    [InlineData(2, 255)]
    [InlineData(0, 0)]
    public void Guest_NoCommonVersion_IsRefusedWithOwnRange(byte min, byte max)
    {
        using var guest = CreateGuest();
        Feed(guest, Frame.Hello(A, min, max, 600));
        Assert.False(guest.IsEstablished);
        Assert.Equal([$"Reset {A} VersionUnsupported"], _events.Sent);
        var notice = ResetNotice.Read(_events.LastFrame.AsSpan(FrameHeader.SizeBytes));
        Assert.Equal((1, 1), (notice.MinVersion, notice.MaxVersion));
    }

    [Fact]
    public void Guest_NewerHostThatStillSpeaksOurs_IsWelcomedInOurs()
    {
        using var guest = CreateGuest();
        Feed(guest, Frame.Hello(A, 1, 9, 600));
        Assert.Equal(1, guest.Version);
        Assert.True(guest.IsEstablished);
    }

    [Fact]
    public void Host_RefusedForItsVersion_SaysBothRanges()
    {
        using var host = CreateHost();
        host.Start();
        Feed(host, Frame.Reset(A, 2, ResetReason.VersionUnsupported, 2, 4, ""));
        Assert.Equal(AttachFailure.VersionUnsupported, host.Refusal!.Failure);
        Assert.Equal("the agent speaks channel protocol versions 2 to 4 and this program version 1: update the older one", host.Refusal.Message);
    }

    [Fact]
    public void Host_ReadyOfAnotherAgent_EndsTheSession()
    {
        using var host = CreateHost();
        host.Start();
        Feed(host, Frame.Welcome(A, 1, 0, 600, Agent), Frame.Ready(1, Agent));
        Assert.True(host.IsEstablished);
        Feed(host, Frame.Ready(1, new SessionId(9, 9)));
        Assert.Equal([(A, SessionEnd.AgentRestarted)], _events.Ended);
    }

    [Fact]
    public void Host_WelcomeOfAnotherAgent_EndsTheSession()
    {
        using var host = CreateHost();
        host.Start();
        Feed(host, Frame.Welcome(A, 1, 0, 600, Agent), Frame.Welcome(A, 1, 0, 600, Agent));
        Assert.True(host.IsEstablished);
        Feed(host, Frame.Welcome(A, 1, 0, 600, new SessionId(9, 9)));
        Assert.Equal([(A, SessionEnd.AgentRestarted)], _events.Ended);
    }

    [Fact]
    public void Host_ReadyWhileAttaching_IsAnsweredOnceUntilTheNextRetry()
    {
        using var host = CreateHost();
        host.Start();
        Feed(host, Frame.Ready(1, Agent), Frame.Ready(1, Agent));
        Assert.Equal([$"Hello {A}", $"Hello {A}"], _events.Sent);
        host.RetryHello();
        Feed(host, Frame.Ready(1, Agent));
        Assert.Equal([$"Hello {A}", $"Hello {A}", $"Pad {A}", $"Hello {A}", $"Hello {A}"], _events.Sent);
    }

    [Fact]
    public void Host_DataBeforeWelcome_GivesTheIdUp()
    {
        using var host = CreateHost();
        host.Start();
        Feed(host, Data(A, 0), Frame.Welcome(A, 1, 1, 600, Agent));
        Assert.False(host.IsEstablished);
        host.RetryHello();
        Assert.Equal([$"Hello {A}", $"Pad {B}", $"Hello {B}"], _events.Sent);
        Feed(host, Frame.Welcome(A, 1, 0, 600, Agent));
        Assert.False(host.IsEstablished);
        Feed(host, Frame.Welcome(B, 1, 0, 600, Agent));
        Assert.True(host.IsEstablished);
    }

    [Fact]
    public void Host_WelcomeBehindLostData_GivesTheIdUp()
    {
        using var host = CreateHost();
        host.Start();
        Feed(host, Frame.Welcome(A, 1, 3, 600, Agent));
        Assert.False(host.IsEstablished);
    }

    [Fact]
    public void ResetNotice_HostileText_IsCutAndMadePrintable()
    {
        byte[] payload = [2, 1, 1, 0, .. "a\u001b[31m\r\n\u202eb"u8, .. new byte[400]];
        var notice = ResetNotice.Read(payload);
        Assert.Equal("a?[31m???b", notice.Text.TrimEnd('?').PadRight(10)[..10]);
        Assert.InRange(notice.Text.Length, 10, 256);
        Assert.Equal(ResetReason.ProtocolError, ResetNotice.Read([1, 2]).Reason);
    }

    private GuestMachine CreateGuest(SessionOptions? options = null) => new(options ?? new SessionOptions(), _events, Agent);

    private HostMachine CreateHost()
    {
        var ids = new Queue<SessionId>([A, B]);
        return new HostMachine(new SessionOptions(), _events, ids.Dequeue);
    }

    private static byte[] Data(SessionId session, uint sequence) => Frame.Create(1, FrameType.Data, session, sequence, "hello"u8);

    private static void Feed(ChannelMachine machine, params ReadOnlySpan<byte[]> frames)
    {
        foreach (var frame in frames)
        {
            ReadOnlySpan<byte> bytes = frame;
            while (!bytes.IsEmpty)
            {
                var memory = machine.GetMemory();
                var count = Math.Min(memory.Length, bytes.Length);
                bytes[..count].CopyTo(memory.Span);
                machine.Advance(count);
                machine.Process();
                bytes = bytes[count..];
            }
        }
    }

    private sealed class RecordedEvents : IChannelEvents
    {
        public List<string> Sent { get; } = [];

        public List<(SessionId Session, SessionEnd End)> Ended { get; } = [];

        public SessionParameters? Attached { get; private set; }

        public int DataSizeBytes { get; private set; }

        public int Dropped { get; private set; }

        public byte[] LastFrame { get; private set; } = [];

        public void OnAttached(in SessionParameters parameters) => Attached = parameters;

        public void OnData(ReadOnlySpan<byte> payload) => DataSizeBytes += payload.Length;

        public void OnFin()
        {
        }

        public void OnPong(ulong token)
        {
        }

        public void OnEnded(SessionId session, SessionEnd end, string message)
        {
            Ended.Add((session, end));
        }

        public void DropOutput() => Dropped++;

        public void SendWelcome(SessionId session, byte version, SessionId instance) => Send(Frame.Welcome(session, version, 0, 600, instance));

        public void Send(byte[] frame)
        {
            LastFrame = frame;
            Assert.True(FrameHeader.TryRead(frame, out var header));
            var reason = header.Type == FrameType.Reset ? $" {(ResetReason)frame[FrameHeader.SizeBytes]}" : "";
            Sent.Add($"{header.Type} {header.Session}{reason}");
        }
    }
}
