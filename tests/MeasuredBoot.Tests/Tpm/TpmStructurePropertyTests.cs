using FsCheck;
using FsCheck.Fluent;
using GuestTune.MeasuredBoot.Attestation;
using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.MeasuredBoot.Tests.Tpm;

/// <summary>What holds of every structure of TPM 2.0 that is written and read here.</summary>
public class TpmStructurePropertyTests
{
    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(200);

    private static Gen<PcrSelection[]> Selections => (
        from bank in Gen.Elements(TpmAlgorithm.Sha1, TpmAlgorithm.Sha256, TpmAlgorithm.Sha384, (TpmAlgorithm)0x1234)
        from mask in Gen.Choose(0, (int)PcrSelection.AllPcrs)
        select new PcrSelection(bank, (uint)mask)).ArrayOf().Where(static s => s.Length <= 16);

    [Fact]
    public void ReadList_AnythingWritten_IsTheSame() => Prop.ForAll(Selections.ToArbitrary(), selections =>
    {
        var writer = new TpmWriter();
        PcrSelection.WriteList(writer, selections);
        var reader = new TpmReader(writer.Written);

        Assert.Equal(selections, PcrSelection.ReadList(ref reader));
        Assert.True(reader.IsAtEnd);
    }).Check(Runs);

    [Fact]
    public void Indices_AnySelection_AreItsBitsInOrder() => Prop.ForAll(Selections.ToArbitrary(), static selections =>
    {
        foreach (var selection in selections)
        {
            Assert.Equal(Enumerable.Range(0, PcrSelection.PcrCount).Where(selection.Contains), selection.Indices);
            Assert.Equal(selection.Count, selection.Indices.Count());
        }
    }).Check(Runs);

    [Fact]
    public void Parse_AnyQuoteThatWasWritten_GivesItsFields() => Prop.ForAll(
        Selections.ToArbitrary(), Gen.Choose(0, int.MaxValue).ToArbitrary(), Gen.Choose(0, 64).ToArbitrary(), static (selections, number, size) =>
        {
            var (nonce, counter) = (PcrBank.Sha512.Hash([(byte)number])[..size], (uint)number);
            var writer = new TpmWriter().UInt32(0xFF544347).UInt16(0x8018).Sized([]).Sized(nonce)
                .UInt32(0).UInt32(counter).UInt32(counter ^ 1).UInt32(counter ^ 2).UInt8((byte)(number % 2)).UInt32(1).UInt32(2);
            PcrSelection.WriteList(writer, selections);
            var attest = writer.Sized(nonce).ToArray();

            var statement = QuoteStatement.Parse(attest);

            Assert.Equal((counter, counter ^ 1, counter ^ 2, number % 2 == 1, 0x1_0000_0002UL), ((uint)statement.ClockMs, statement.ResetCount, statement.RestartCount, statement.IsClockSafe, statement.FirmwareVersion));
            Assert.Equal(selections, statement.Selections);
            Assert.Equal(nonce, statement.Nonce);
            Assert.Equal(nonce, statement.PcrDigest);
            Assert.Throws<TpmFormatException>(() => QuoteStatement.Parse([.. attest, 0]));
            Assert.Throws<TpmFormatException>(() => QuoteStatement.Parse(attest.AsSpan(0, attest.Length - 1)));
        }).Check(Runs);
}
