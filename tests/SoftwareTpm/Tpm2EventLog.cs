using System.Diagnostics;

namespace GuestTune.SoftwareTpms;

/// <summary>An event log as tpm2_eventlog of tpm2-tools reads it: a judge that shares nothing with the parser that is tested.</summary>
public static class Tpm2EventLog
{
    public static IReadOnlyList<JudgedEvent> Read(string path)
    {
        using var process = Process.Start(new ProcessStartInfo("tpm2_eventlog", [path]) { UseShellExecute = false, RedirectStandardOutput = true })!;
        var events = new List<JudgedEvent>();
        var bank = string.Empty;
        while (process.StandardOutput.ReadLine() is { } line)
        {
            var (key, value) = line.Trim(' ', '-').Split(": ", 2) is [var k, var v] ? (k, v.Trim('"')) : (line.Trim(), string.Empty);
            switch (key)
            {
                case "EventNum":
                    events.Add(new JudgedEvent());
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
                    events[^1].DigestsByBank[bank] = value;
                    break;
            }
        }

        process.WaitForExit();
        return process.ExitCode == 0 ? events : throw new IOException($"tpm2_eventlog ended with exit code {process.ExitCode}");
    }
}
