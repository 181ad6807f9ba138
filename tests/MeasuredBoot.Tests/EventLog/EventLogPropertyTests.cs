using FsCheck;
using FsCheck.Fluent;
using GuestTune.MeasuredBoot.EventLog;
using GuestTune.MeasuredBoot.Tests.Fuzzing;
using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.MeasuredBoot.Tests.EventLog;

/// <summary>What holds of every log, whatever was measured.</summary>
public class EventLogPropertyTests
{
    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(200);

    private static Arbitrary<(int Pcr, uint Type, byte[] Data)[]> Measurements => (
        from count in Gen.Choose(1, 40)
        from events in (
            from pcr in Gen.Choose(0, PcrSelection.PcrCount - 1)
            from type in Gen.Elements(EventType.Action, EventType.Ipl, EventType.Separator, EventType.EfiVariableBoot, 0x1234u)
            from data in Gen.Choose(0, 255).Select(static n => (byte)n).ArrayOf()
            select (pcr, type, data)).ArrayOf(count)
        select events).ToArbitrary();

    [Fact]
    public void Parse_AnyLogThatWasWritten_GivesItsEvents() => Prop.ForAll(Measurements, measured =>
    {
        var log = BootEventLog.Parse(EventLogSamples.Of(measured));

        Assert.Equal(
            measured.Select(static m => (m.Pcr, m.Type, Convert.ToHexString(m.Data), Convert.ToHexString(PcrBank.Sha256.Hash(m.Data)))),
            log.Events.Skip(1).Select(static e => (e.Pcr, e.Type, Convert.ToHexString(e.Data.Span), Convert.ToHexString(e.DigestOf(PcrBank.Sha256).Span))));
    }).Check(Runs);

    [Fact]
    public void Compare_AnyLogThatIsTrue_ExplainsEveryRegister() => Prop.ForAll(Measurements, measured =>
    {
        var replay = new EventLogReplay(BootEventLog.Parse(EventLogSamples.Of(measured)), PcrBank.Sha256);

        foreach (var register in Extend(measured))
        {
            var expected = measured.Any(m => m.Pcr == register.Index) ? PcrEvidenceKind.Proven : PcrEvidenceKind.Untouched;
            Assert.Equal(expected, replay.Compare(register).Kind);
        }
    }).Check(Runs);

    [Fact]
    public void Compare_AnyEventChangedRemovedOrRepeated_IsAMismatch() => Prop.ForAll(Measurements, Gen.Choose(0, int.MaxValue).ToArbitrary(), (measured, choice) =>
    {
        var at = choice % measured.Length;
        var pcr = measured[at].Pcr;
        (int Pcr, uint Type, byte[] Data)[] other = (choice / measured.Length % 3) switch
        {
            0 => [.. measured[..at], measured[at] with { Data = [.. measured[at].Data, 0] }, .. measured[(at + 1)..]],
            1 => [.. measured[..at], .. measured[(at + 1)..]],
            _ => [.. measured[..at], measured[at], .. measured[at..]],
        };
        var register = Extend(measured)[pcr];
        var evidence = new EventLogReplay(BootEventLog.Parse(EventLogSamples.Of(other)), PcrBank.Sha256).Compare(register);

        Assert.True(evidence.Kind is PcrEvidenceKind.Mismatch or PcrEvidenceKind.NotCovered, $"PCR {pcr}: {evidence.Kind}");
    }).Check(Runs);

    /// <summary>As a TPM does it; without the code that is under test.</summary>
    private static PcrValue[] Extend((int Pcr, uint Type, byte[] Data)[] measured)
    {
        var registers = Enumerable.Range(0, PcrSelection.PcrCount).Select(static i => Enumerable.Repeat((byte)(i is >= 17 and <= 22 ? 0xFF : 0), 32).ToArray()).ToArray();
        foreach (var (pcr, _, data) in measured)
        {
            registers[pcr] = System.Security.Cryptography.SHA256.HashData([.. registers[pcr], .. System.Security.Cryptography.SHA256.HashData(data)]);
        }

        return [.. registers.Select(static (r, i) => new PcrValue(TpmAlgorithm.Sha256, i, r))];
    }
}
