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
        _watched.Commands.Clear();

        Read(Everything);
        Assert.Equal([TpmCommandCode.PcrRead, TpmCommandCode.ReadClock], _watched.Commands);

        Read(new PcrSelection(TpmAlgorithm.Sha256, 0xFF));
        Assert.Equal(4, _watched.Commands.Count);
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
        new TpmClient(_tpm).ReadPcrs([], out var before);

        _tpm.Restart();
        _tpm.Extend(3, PcrBank.Sha256, Digest);

        new TpmClient(_tpm).ReadPcrs([], out var after);
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
        _watched.Commands.Clear();

        Read(Everything);
        Assert.Equal(1 + 6, _watched.Commands.Count(static c => c == TpmCommandCode.PcrRead));
    }

    [Fact]
    public void Read_TpmThatDoesNotSayWhatItCounts_IsReadEachTime()
    {
        _watched.Refused = TpmCommandCode.GetCapability;
        Read(Everything);
        _watched.Commands.Clear();

        _tpm.Extend(16, PcrBank.Sha256, Digest);
        Read(Everything);

        Assert.Equal(6, _watched.Commands.Count(static c => c == TpmCommandCode.PcrRead));
    }

    [Fact]
    public void Recall_OnlyWhatWasLookedAt_IsThere()
    {
        var (boot, more) = (new PcrSelection(TpmAlgorithm.Sha256, 0xFF), new PcrSelection(TpmAlgorithm.Sha256, 0x1FF));
        Assert.Null(_memory.Recall(boot));

        var values = Read(boot);

        Assert.Equal(values, Shown(_memory.Recall(boot)!));
        Assert.Null(_memory.Recall(more));
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

    private string[] Read(params PcrSelection[] wanted)
    {
        var values = Shown(_memory.Read(new TpmClient(_watched), wanted));

        Assert.Equal(Shown(new TpmClient(_tpm).ReadPcrs(wanted)), values);
        return values;
    }

    private static string[] Shown(IReadOnlyList<PcrValue> values) => [.. values.Select(static v => $"{v.Bank} {v.Index} {Convert.ToHexString(v.Digest)}")];

    /// <summary>Writes down what a TPM is asked.</summary>
    private sealed class Watched(SoftwareTpm tpm) : ITpmTransport
    {
        public List<TpmCommandCode> Commands { get; } = [];

        public Action<TpmCommandCode>? Before { get; set; }

        public TpmCommandCode Refused { get; set; }

        public byte[] Execute(ReadOnlySpan<byte> command)
        {
            var code = (TpmCommandCode)BinaryPrimitives.ReadUInt32BigEndian(command[6..]);
            Commands.Add(code);
            Before?.Invoke(code);
            return code == Refused ? new TpmWriter().UInt16(0x8001).UInt32(10).UInt32(NoSuchCommand).ToArray() : tpm.Execute(command);
        }
    }
}
