using GuestTune.MeasuredBoot.EventLog;
using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.MeasuredBoot.Tests.EventLog;

/// <summary>
/// A log and the registers of a real boot under QEMU with swtpm: OVMF and SeaBIOS with a kernel given on QEMU's command line; Debian on a disk started by OVMF and grub's
/// linuxefi or with Secure Boot, each also in the trial boot of a command line that guesttune changed.
/// </summary>
internal sealed record RecordedLog(byte[] Bytes, IReadOnlyList<PcrValue> Values)
{
    public static RecordedLog Load(string name)
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "Recorded");
        var values = new List<PcrValue>();
        foreach (var line in File.ReadLines(Path.Combine(folder, name + ".pcrs")))
        {
            var words = line.Split(' ');
            values.Add(new PcrValue(TpmAlgorithm.Sha256, int.Parse(words[1]), Convert.FromHexString(words[2])));
            values.Add(new PcrValue(TpmAlgorithm.Sha1, int.Parse(words[1]), Convert.FromHexString(words[3])));
        }

        return new RecordedLog(File.ReadAllBytes(Path.Combine(folder, name + ".eventlog")), values);
    }

    public BootEventLog Parse() => BootEventLog.Parse(Bytes);

    public PcrValue Value(PcrBank bank, int index) => Values.Single(v => v.Bank == bank.Algorithm && v.Index == index);
}
