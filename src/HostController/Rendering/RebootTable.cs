using GuestTune.Controller.Cli;
using GuestTune.Controller.V1;

namespace GuestTune.Controller.Rendering;

/// <summary>Writes how restarts went; of those that failed standard error has a line each.</summary>
internal static class RebootTable
{
    public static void Write(TextWriter output, TableStyle style, IReadOnlyList<VmOutcome> vms)
    {
        var answers = vms.Where(static vm => vm.Reboot is not null).Select(static vm => (vm.Vm, Reboot: vm.Reboot!)).ToArray();
        if (answers.Length == 0)
        {
            return;
        }

        var table = new TextTable("VM", "REBOOT", "TOOK", "RESET AFTER", "BOOT TRIAL", "BOOT ID");
        foreach (var (vm, reboot) in answers)
        {
            table.AddRow(
                (vm, CellTone.Plain),
                (Words.Of(reboot.Outcome), reboot.Outcome == RebootOutcome.FellBack ? CellTone.Bad : CellTone.Plain),
                (Took(reboot.TookMs), CellTone.Plain),
                (Took(reboot.ResetAfterMs), CellTone.Plain),
                (Words.Of(reboot.Trial?.State ?? default), CellTone.Plain),
                (reboot.BootId.Length == 0 ? "-" : reboot.BootId, CellTone.Plain));
        }

        table.WriteTo(output, style);
        foreach (var (vm, reboot) in answers)
        {
            foreach (var observation in reboot.Observations)
            {
                output.WriteLine($"{vm}: {TerminalText.Escape(observation.Practice, 80)} is {Words.Of(observation.Verdict)}");
            }
        }
    }

    private static string Took(ulong milliseconds) => milliseconds == 0 ? "-" : $"{milliseconds / 1000.0:0.0} s";
}
