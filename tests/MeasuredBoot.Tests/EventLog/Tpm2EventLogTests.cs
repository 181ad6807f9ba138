using System.Diagnostics;
using GuestTune.MeasuredBoot.Tpm;

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
        var judged = Judge(Path.Combine(AppContext.BaseDirectory, "Recorded", name + ".eventlog"));

        Assert.Equal(judged.Count, log.Events.Count);
        foreach (var (theirs, ours) in judged.Zip(log.Events))
        {
            Assert.Equal(theirs.Pcr, ours.Pcr);
            Assert.Equal(theirs.Type, ours.TypeName);
            Assert.Equal(theirs.SizeBytes, ours.Data.Length);
            foreach (var (bank, digest) in theirs.Digests)
            {
                Assert.Equal(digest, Convert.ToHexStringLower(ours.DigestOf(PcrBank.Find(bank)!).Span));
            }
        }
    }

    private static List<Judged> Judge(string path)
    {
        using var process = Process.Start(new ProcessStartInfo("tpm2_eventlog") { ArgumentList = { path }, UseShellExecute = false, RedirectStandardOutput = true })!;
        var events = new List<Judged>();
        var bank = string.Empty;
        while (process.StandardOutput.ReadLine() is { } line)
        {
            var (key, value) = line.Trim(' ', '-').Split(": ", 2) is [var k, var v] ? (k, v.Trim('"')) : (line.Trim(), string.Empty);
            switch (key)
            {
                case "EventNum":
                    events.Add(new Judged());
                    break;
                case "PCRIndex":
                    events[^1].Pcr = int.Parse(value);
                    break;
                case "EventType":
                    events[^1].Type = value;
                    break;
                case "EventSize":
                    events[^1].SizeBytes = int.Parse(value);
                    break;
                case "AlgorithmId":
                    bank = value;
                    break;
                case "Digest" when bank.Length > 0:
                    events[^1].Digests[bank] = value;
                    break;
            }
        }

        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return events;
    }

    private sealed class Judged
    {
        public int Pcr { get; set; }

        public string Type { get; set; } = string.Empty;

        public int SizeBytes { get; set; }

        public Dictionary<string, string> Digests { get; } = [];
    }
}
