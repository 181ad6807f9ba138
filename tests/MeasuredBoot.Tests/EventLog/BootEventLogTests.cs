using System.Buffers.Binary;
using GuestTune.MeasuredBoot.EventLog;
using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.MeasuredBoot.Tests.EventLog;

public class BootEventLogTests
{
    public static TheoryData<string> Logs =>
    [
        "ovmf-direct-kernel", "seabios-direct-kernel", "debian-linuxefi", "debian-linuxefi-changed", "debian-secure-boot", "debian-secure-boot-changed",
    ];

    [Theory]
    [MemberData(nameof(Logs))]
    public void Replay_RealLog_GivesTheRealRegisters(string name)
    {
        var recorded = RecordedLog.Load(name);
        var log = recorded.Parse();
        Assert.True(log.IsCryptoAgile);
        foreach (var bank in new[] { PcrBank.Sha1, PcrBank.Sha256 })
        {
            var replay = new EventLogReplay(log, bank);
            foreach (var value in recorded.Values.Where(v => v.Bank == bank.Algorithm))
            {
                // PCR 10 is the kernel's own (IMA), which has a log of its own.
                var evidence = replay.Compare(value);
                Assert.True(
                    evidence.Kind is PcrEvidenceKind.Proven or PcrEvidenceKind.Untouched || (value.Index == 10 && evidence.Kind == PcrEvidenceKind.NotCovered),
                    $"{bank} PCR {value.Index}: {evidence.Kind} {evidence.Reason}");
                Assert.Equal(replay.EventsOf(value.Index).Count > 0, evidence.Kind == PcrEvidenceKind.Proven);
            }
        }
    }

    [Fact]
    public void Story_OvmfLog_IsReadable()
    {
        var log = RecordedLog.Load("ovmf-direct-kernel").Parse();
        var stories = log.Events.Select(e => EventStory.Of(e, PcrBank.Sha256)).ToArray();

        Assert.Contains(stories, s => s.Event.Pcr == 7 && s.Text == "SecureBoot = off" && s.Coverage == EventCoverage.Whole);
        Assert.Contains(stories, s => s is { Event.Type: EventType.Separator, Coverage: EventCoverage.Whole, Text: "end of what the firmware measured" });
        Assert.Contains(stories, s => s.Event.Type == EventType.EfiPlatformFirmwareBlob && s.Coverage == EventCoverage.None);
        TestContext.Current.SendDiagnosticMessage(string.Join('\n', stories.Select(s => $"{s.Event.Pcr} {s.Event.TypeName} [{s.Coverage}] {s.Text}")));
    }

    [Fact]
    public void Story_SecureBootLog_TellsSwitchAndCommandLine()
    {
        var stories = RecordedLog.Load("debian-secure-boot-changed").Parse().Events.Select(e => EventStory.Of(e, PcrBank.Sha256)).ToArray();

        Assert.Contains(stories, s => s.Event.Pcr == 7 && s.Text == "SecureBoot = on" && s.Coverage == EventCoverage.Whole);
        var line = Assert.Single(stories, s => s.Text.StartsWith("kernel_cmdline: ", StringComparison.Ordinal));
        Assert.Equal((8, EventCoverage.Content), (line.Event.Pcr, line.Coverage));
        Assert.EndsWith(" ro console=ttyS0 panic=-1 quiet cpuidle_haltpoll.force=Y", line.Text, StringComparison.Ordinal);
        // A menu entry is one command of several lines.
        Assert.Contains(stories, s => s.Text.StartsWith("grub_cmd: menuentry Debian GNU/Linux", StringComparison.Ordinal) && s.Coverage == EventCoverage.Content);
    }

    [Fact]
    public void Compare_EventRemoved_IsAMismatch() => Tamper((events, i) => [.. events[..i], .. events[(i + 1)..]], expectNamed: false);

    [Fact]
    public void Compare_EventAdded_NamesIt() => Tamper((events, i) => [.. events[..i], events[i], .. events[i..]], expectNamed: true);

    [Fact]
    public void Compare_EventsSwapped_NamesThem()
    {
        var recorded = RecordedLog.Load("ovmf-direct-kernel");
        var pieces = Pieces(recorded);
        var inPcr1 = pieces.Select((p, i) => (p, i)).Where(x => Pcr(x.p) == 1).Select(x => x.i).ToArray();
        (pieces[inPcr1[0]], pieces[inPcr1[1]]) = (pieces[inPcr1[1]], pieces[inPcr1[0]]);

        var evidence = Compare(recorded, pieces, 1);

        Assert.Equal(PcrEvidenceKind.Mismatch, evidence.Kind);
        Assert.Contains("swapped", evidence.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Compare_LogTornAtAnEvent_IsAMismatchAtTheRegistersThatMissEvents()
    {
        var recorded = RecordedLog.Load("ovmf-direct-kernel");
        var pieces = Pieces(recorded);
        var last = Pcr(pieces[^1]);

        Assert.NotEqual(PcrEvidenceKind.Proven, Compare(recorded, pieces[..^1], last).Kind);
    }

    [Fact]
    public void Parse_EveryPrefix_ThrowsItsOwnErrorOrParses()
    {
        var bytes = RecordedLog.Load("seabios-direct-kernel").Bytes;
        for (var length = 0; length < bytes.Length; length++)
        {
            try
            {
                BootEventLog.Parse(bytes.AsMemory(0, length));
            }
            catch (EventLogException)
            {
                // The only exception there may be.
            }
        }
    }

    [Fact]
    public void Parse_HundredMegabytes_IsRefusedAtOnce()
    {
        var exception = Assert.Throws<EventLogException>(() => BootEventLog.Parse(new byte[100_000_000]));

        Assert.Contains("100000000", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_Sha1Format_HasOneBank()
    {
        var log = BootEventLog.Parse(Sha1Event(0, EventType.CrtmVersion, 1).Concat(Sha1Event(4, EventType.Ipl, 2)).ToArray());

        Assert.False(log.IsCryptoAgile);
        Assert.Equal([0, 4], log.Events.Select(e => e.Pcr));
        Assert.Equal(PcrBank.Sha1, Assert.Single(log.Banks));
    }

    private static void Tamper(Func<byte[][], int, byte[][]> change, bool expectNamed)
    {
        var recorded = RecordedLog.Load("ovmf-direct-kernel");
        var pieces = Pieces(recorded);
        for (var i = 1; i < pieces.Length; i++)
        {
            var evidence = Compare(recorded, change(pieces, i), Pcr(pieces[i]));
            Assert.True(evidence.Kind is PcrEvidenceKind.Mismatch or PcrEvidenceKind.NotCovered, $"event {i}: {evidence.Kind}");
            Assert.True(!expectNamed || evidence.Suspect is not null, $"event {i}: {evidence.Reason}");
        }
    }

    private static PcrEvidence Compare(RecordedLog recorded, byte[][] pieces, int pcr) =>
        new EventLogReplay(BootEventLog.Parse(pieces.SelectMany(p => p).ToArray()), PcrBank.Sha256).Compare(recorded.Value(PcrBank.Sha256, pcr));

    private static int Pcr(byte[] piece) => BinaryPrimitives.ReadInt32LittleEndian(piece);

    /// <summary>The log cut into its events.</summary>
    private static byte[][] Pieces(RecordedLog recorded)
    {
        var pieces = new List<byte[]>();
        var start = 0;
        foreach (var entry in recorded.Parse().Events)
        {
            var digests = pieces.Count == 0 ? 20 : 4 + entry.Banks.Sum(b => 2 + b.DigestSizeBytes);
            var size = 8 + digests + 4 + entry.Data.Length;
            pieces.Add(recorded.Bytes[start..(start + size)]);
            start += size;
        }

        Assert.Equal(recorded.Bytes.Length, start);
        return [.. pieces];
    }

    private static byte[] Sha1Event(int pcr, uint type, byte data)
    {
        var bytes = new byte[33];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, pcr);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), type);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(28), 1);
        bytes[32] = data;
        return bytes;
    }
}
