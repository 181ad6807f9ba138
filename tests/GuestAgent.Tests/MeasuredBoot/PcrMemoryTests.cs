using System.Buffers.Binary;
using FsCheck;
using FsCheck.Fluent;
using GuestTune.Agent.MeasuredBoot;
using GuestTune.MeasuredBoot.Tpm;
using GuestTune.SoftwareTpms;

namespace GuestTune.Agent.Tests.MeasuredBoot;

/// <summary>Whatever happened to a TPM since: what is remembered of its registers is what it would say of them.</summary>
public sealed class PcrMemoryTests : IDisposable
{
    private const string Device = "/dev/tpmrm0";
    private const uint NoSuchCommand = 0x143; // TPM_RC_COMMAND_CODE
    private static readonly PcrSelection[] Everything = [new(TpmAlgorithm.Sha1, PcrSelection.AllPcrs), new(TpmAlgorithm.Sha256, PcrSelection.AllPcrs)];
    private static readonly byte[] Digest = [.. Enumerable.Repeat((byte)0x17, 32)];

    private readonly SoftwareTpm _tpm = new();
    private readonly Watched _watched;
    private readonly PcrMemory _memory = new();

    public PcrMemoryTests() => _watched = new Watched(_tpm);

    public void Dispose() => _tpm.Dispose();

    [Fact]
    public void Read_NothingHappened_AsksForTheCountersAndWhatTheyDoNotCount()
    {
        Read(Everything);

        Assert.Equal([TpmCommandCode.PcrRead, TpmCommandCode.ReadClock], CommandsOf(Everything));
        Assert.Equal([TpmCommandCode.PcrRead, TpmCommandCode.ReadClock], CommandsOf(new PcrSelection(TpmAlgorithm.Sha256, 0xFF)));
    }

    [Fact]
    public void Read_All_AsksForWhatThereIsOnce()
    {
        Assert.Equal(4 * 3, CommandsOf().Count(static c => c == TpmCommandCode.PcrRead));
        Assert.Equal(2 + 1, CommandsOf().Length);
    }

    [Fact]
    public void Read_BanksThatAreOffOrUnknown_CostNothing()
    {
        using var tpm = new SoftwareTpm("sha256");
        _watched.Tpm = tpm;
        PcrSelection[] wanted =
        [
            new(TpmAlgorithm.Sha1, 0x7F), new(TpmAlgorithm.Sha256, PcrSelection.AllPcrs), new(TpmAlgorithm.Sha384, 1), new((TpmAlgorithm)0x1234, 0xFF),
        ];

        Assert.Equal(3, CommandsOf(wanted).Count(static c => c == TpmCommandCode.PcrRead));
        Assert.Equal([TpmCommandCode.PcrRead, TpmCommandCode.ReadClock], CommandsOf(wanted));
        Assert.Equal([0u, PcrSelection.AllPcrs, 0u, 0u], _memory.Read(new TpmClient(_watched), Device, wanted).Banks.Select(static b => b.Mask));
    }

    [Fact]
    public void Read_AnotherDevice_IsReadAnew()
    {
        using var other = new SoftwareTpm();
        _tpm.Extend(7, PcrBank.Sha256, Digest);
        other.Extend(3, PcrBank.Sha256, Digest);
        Read(Everything);

        _watched.Tpm = other;
        Assert.Equal(Shown(new TpmClient(other).ReadPcrs(Everything)), Shown(_memory.Read(new TpmClient(_watched), "/dev/tpmrm1", Everything).Values));
    }

    [Fact]
    public void Read_TpmWithoutClock_IsReadEachTime()
    {
        _watched.Refused = TpmCommandCode.ReadClock;
        Read(Everything);

        Assert.Equal(6, CommandsOf(Everything).Count(static c => c == TpmCommandCode.PcrRead));
    }

    [Fact]
    public void Follows_CountsOrClocksWentBack_IsAnotherStart()
    {
        var clock = new TpmTimeInfo(TimeMs: 10, ClockMs: 100, ResetCount: 2, RestartCount: 1);

        Assert.True(clock.Follows(clock));
        Assert.True((clock with { TimeMs = 11, ClockMs = 101 }).Follows(clock));
        Assert.False((clock with { TimeMs = 9 }).Follows(clock));
        Assert.False((clock with { ClockMs = 99 }).Follows(clock));
        Assert.False((clock with { ResetCount = 3 }).Follows(clock));
        Assert.False((clock with { RestartCount = 0 }).Follows(clock));
    }

    [Fact]
    public void Read_AnyRegisterExtended_IsSeen()
    {
        Read(Everything);
        foreach (var index in Enumerable.Range(0, 17).Append(23))
        {
            _tpm.Extend(index, PcrBank.Sha256, Digest);
            Read(Everything);
        }
    }

    [Fact]
    public void Read_MoreThanBefore_IsReadAndRemembered()
    {
        Read(new PcrSelection(TpmAlgorithm.Sha256, 0b111));

        Read(new PcrSelection(TpmAlgorithm.Sha256, 0b1111));
        Read(Everything);
        _tpm.Extend(23, PcrBank.Sha1, Digest.AsSpan(0, 20));
        Read(Everything);
    }

    [Fact]
    public void Read_ResetTpmThatCountedAsFarAgain_IsReadAnew()
    {
        _tpm.Extend(7, PcrBank.Sha256, Digest);
        Read(Everything);
        new TpmClient(_tpm).ReadPcrs(Everything, out var before);

        _tpm.Restart();
        _tpm.Extend(3, PcrBank.Sha256, Digest);

        new TpmClient(_tpm).ReadPcrs(Everything, out var after);
        Assert.Equal(before, after);
        Read(Everything);
    }

    [Fact]
    public void Read_TpmIsResetWhileItIsRead_IsReadAnewTheNextTime()
    {
        _watched.Before = command =>
        {
            if (command == TpmCommandCode.PcrRead)
            {
                _watched.Before = null;
                _tpm.Restart();
            }
        };
        Read(Everything);

        Assert.Equal(1 + 6, CommandsOf(Everything).Count(static c => c == TpmCommandCode.PcrRead));
    }

    [Fact]
    public void Read_TpmThatDoesNotSayWhatItCounts_IsReadEachTime()
    {
        _watched.RefusedCapability = 7; // TPM_CAP_PCR_PROPERTIES
        Read(Everything);
        _tpm.Extend(16, PcrBank.Sha256, Digest);

        Assert.Equal(6, CommandsOf(Everything).Count(static c => c == TpmCommandCode.PcrRead));
    }

    [Fact]
    public void Read_AfterAnything_IsWhatTheTpmSays() => Prop.ForAll(
        Gen.Choose(0, 99).ArrayOf(30).ToArbitrary(),
        steps =>
        {
            foreach (var step in steps)
            {
                switch (step)
                {
                    case < 4:
                        _tpm.Restart();
                        break;
                    case < 8:
                        _tpm.ShutDownForRestart();
                        _tpm.Restart();
                        break;
                    case < 40:
                        _tpm.Extend(step % 17, step % 2 == 0 ? PcrBank.Sha256 : PcrBank.Sha1, Digest.AsSpan(0, step % 2 == 0 ? 32 : 20));
                        break;
                    case < 60:
                        Read(Everything);
                        break;
                    case < 80:
                        Read(new PcrSelection(TpmAlgorithm.Sha256, (0x01_00_81u << (step % 8)) & PcrSelection.AllPcrs));
                        break;
                    default:
                        Read(Everything[step % 2], new PcrSelection(TpmAlgorithm.Sha384, (uint)step));
                        break;
                }
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(20));

    private void Read(params PcrSelection[] wanted)
    {
        var client = new TpmClient(_watched.Tpm);
        var all = wanted.Length == 0 ? client.ReadAllocation() : PcrReading.Among(wanted, client.ReadAllocation());

        Assert.Equal(Shown(client.ReadPcrs(all)), Shown(_memory.Read(new TpmClient(_watched), Device, wanted).Values));
    }

    private TpmCommandCode[] CommandsOf(params PcrSelection[] wanted)
    {
        _watched.Commands.Clear();
        Read(wanted);
        return [.. _watched.Commands];
    }

    private static string[] Shown(IReadOnlyList<PcrValue> values) => [.. values.Select(static v => $"{v.Bank} {v.Index} {Convert.ToHexString(v.Digest)}")];

    /// <summary>Writes down what a TPM is asked.</summary>
    private sealed class Watched(SoftwareTpm tpm) : ITpmTransport
    {
        public SoftwareTpm Tpm { get; set; } = tpm;

        public List<TpmCommandCode> Commands { get; } = [];

        public Action<TpmCommandCode>? Before { get; set; }

        public TpmCommandCode Refused { get; set; }

        public uint? RefusedCapability { get; set; }

        public byte[] Execute(ReadOnlySpan<byte> command)
        {
            var code = (TpmCommandCode)BinaryPrimitives.ReadUInt32BigEndian(command[6..]);
            Commands.Add(code);
            Before?.Invoke(code);
            return code == Refused || (code == TpmCommandCode.GetCapability && BinaryPrimitives.ReadUInt32BigEndian(command[10..]) == RefusedCapability)
                ? new TpmWriter().UInt16(0x8001).UInt32(10).UInt32(NoSuchCommand).ToArray()
                : Tpm.Execute(command);
        }
    }
}
