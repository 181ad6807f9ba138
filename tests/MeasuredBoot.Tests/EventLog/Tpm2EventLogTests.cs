using GuestTune.MeasuredBoot.Tpm;
using GuestTune.SoftwareTpms;

namespace GuestTune.MeasuredBoot.Tests.EventLog;

/// <summary>tpm2_eventlog of tpm2-tools as a judge that shares nothing with this parser.</summary>
public class Tpm2EventLogTests
{
    public static TheoryData<string> Logs => BootEventLogTests.Logs;

    [Theory]
    [MemberData(nameof(Logs))]
    public void Parse_RealLog_AgreesWithTpm2EventLogEventByEvent(string name)
    {
        var log = RecordedLog.Load(name).Parse();
        var judged = Tpm2EventLog.Read(Path.Combine(AppContext.BaseDirectory, "Recorded", name + ".eventlog"));

        Assert.Equal(judged.Count, log.Events.Count);
        foreach (var (theirs, ours) in judged.Zip(log.Events))
        {
            Assert.Equal(theirs.Pcr, ours.Pcr);
            Assert.Equal(theirs.Type, ours.TypeName);
            Assert.Equal(theirs.SizeBytes, ours.Data.Length);
            foreach (var (bank, digest) in theirs.DigestsByBank)
            {
                Assert.Equal(digest, Convert.ToHexStringLower(ours.DigestOf(PcrBank.Find(bank)!).Span));
            }
        }
    }
}
