using System.Diagnostics;
using System.Text;
using GuestTune.Testing;

namespace GuestTune.Bench;

/// <summary>One command for a thousand VMs: time, and what the controller's memory grows by with each VM.</summary>
internal static class FleetBench
{
    private const int VmCount = 1000;

    public static async Task<List<Measurement>> RunAsync(double scale)
    {
        var cli = await PublishedPrograms.GetCliAsync();
        var directory = Directory.CreateTempSubdirectory("gtbench-").FullName;
        try
        {
            using var agents = await StartAgentsAsync(directory);
            var inventory = Path.Combine(directory, "inventory.yaml");
            await File.WriteAllTextAsync(inventory, Inventory(directory));
            var (wall, cpu, memory) = (new List<double>(), new List<double>(), new List<double>());
            for (var round = 0; round < Math.Max(3, 10 * scale); round++)
            {
                var one = await SetAsync(cli, inventory, "vm0", round);
                var all = await SetAsync(cli, inventory, "vm*", round);
                wall.Add(all.WallMs / 1000);
                cpu.Add(all.CpuMs / 1000);
                memory.Add((all.PeakRssMiB - one.PeakRssMiB) * 1024 / (VmCount - 1));
            }

            agents.StandardInput.Close();
            await agents.WaitForExitAsync();
            return
            [
                Measurement.OfSamples($"set haltpoll on {VmCount} VMs", "guesttune", wall, "s"),
                Measurement.OfSamples($"set haltpoll on {VmCount} VMs, controller's processor time", "guesttune", cpu, "s"),
                Measurement.OfSamples("controller's peak memory, each further VM", "guesttune", memory, "KiB"),
            ];
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static Task<ProcessRun> SetAsync(string cli, string inventory, string vms, int round) =>
        ProcessRun.MeasureAsync(
            cli,
            ["--inventory", inventory, "--no-daemon", "--parallel", "256", "--timeout", "60", "set", "haltpoll", vms, "--guest-halt-poll-ns", $"{300_000 + round}", "-o", "json"]);

    private static string Inventory(string directory)
    {
        var text = new StringBuilder("vms:\n");
        for (var index = 0; index < VmCount; index++)
        {
            text.Append($"  - name: vm{index}\n    channel: {SimulatedAgents.SocketOf(directory, index)}\n");
        }

        return text.ToString();
    }

    private static async Task<Process> StartAgentsAsync(string directory)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["agents", "--count", $"{VmCount}", "--dir", directory])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        var process = Process.Start(start)!;
        return await process.StandardOutput.ReadLineAsync() == "ready"
            ? process
            : throw new InvalidOperationException("The simulated agents did not start.");
    }
}
