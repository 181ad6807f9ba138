using System.Diagnostics;
using System.Text;
using GuestTune.Controller.MeasuredBoot.Enrolment;
using GuestTune.Controller.Store;
using GuestTune.Testing;

namespace GuestTune.Bench;

/// <summary>One command for a thousand VMs: time, and what the controller's memory grows by with each VM.</summary>
internal static class FleetBench
{
    private const int VmCount = 1000;

    public static Task<List<Measurement>> RunAsync(double scale) => WithAgentsAsync(async (cli, directory, inventory) =>
    {
        var (wall, cpu, memory) = (new List<double>(), new List<double>(), new List<double>());
        for (var round = 0; round < Math.Max(3, 10 * scale); round++)
        {
            var one = await SetAsync(cli, inventory, "vm0", round);
            var all = await SetAsync(cli, inventory, "vm*", round);
            wall.Add(all.WallMs / 1000);
            cpu.Add(all.CpuMs / 1000);
            memory.Add((all.PeakRssMiB - one.PeakRssMiB) * 1024 / (VmCount - 1));
        }

        return
        [
            Measurement.OfSamples($"set haltpoll on {VmCount} VMs", "guesttune", wall, "s"),
            Measurement.OfSamples($"set haltpoll on {VmCount} VMs, controller's processor time", "guesttune", cpu, "s"),
            Measurement.OfSamples("controller's peak memory, each further VM", "guesttune", memory, "KiB"),
        ];
    });

    /// <summary>Quotes with the event logs of recorded boots, each over a nonce of its own, collected and verified; the keys are known, as after a first quote.</summary>
    public static Task<List<Measurement>> RunQuotesAsync(double scale) => WithAgentsAsync(async (cli, directory, inventory) =>
    {
        var state = Path.Combine(directory, "state");
        await EnrolAsync(directory, state);
        var (wall, cpu) = (new List<double>(), new List<double>());
        for (var round = 0; round < Math.Max(3, 10 * scale); round++)
        {
            var run = await ProcessRun.MeasureAsync(
                cli, ["--inventory", inventory, "--no-daemon", "--parallel", "256", "--timeout", "60", "pcr", "quote", "vm*", "--state", state, "-o", "json"]);
            wall.Add(run.WallMs / 1000);
            cpu.Add(run.CpuMs / 1000);
        }

        return
        [
            Measurement.OfSamples($"quotes with log of {VmCount} VMs, verified", "guesttune", wall, "s"),
            Measurement.OfSamples($"quotes with log of {VmCount} VMs, controller's processor time", "guesttune", cpu, "s"),
        ];
    });

    private static async Task EnrolAsync(string directory, string state)
    {
        using var store = new SqliteStore(new StoreFiles(state), TimeProvider.System);
        for (var index = 0; index < VmCount; index++)
        {
            await store.EnrolAsync(
                new EnrolledKey
                {
                    Vm = $"vm{index}",
                    AttestationKey = await File.ReadAllBytesAsync(SimulatedAgents.AttestationKeyOf(directory, index)),
                    EndorsementKey = [],
                    EnrolledAt = TimeProvider.System.GetUtcNow(),
                    LastSeen = default,
                },
                anew: false,
                default);
        }
    }

    private static async Task<List<Measurement>> WithAgentsAsync(Func<string, string, string, Task<List<Measurement>>> measure)
    {
        var cli = await PublishedPrograms.GetCliAsync();
        var directory = Directory.CreateTempSubdirectory("gtbench-").FullName;
        try
        {
            using var agents = await StartAgentsAsync(directory);
            var inventory = Path.Combine(directory, "inventory.yaml");
            await File.WriteAllTextAsync(inventory, Inventory(directory));
            var measurements = await measure(cli, directory, inventory);
            agents.StandardInput.Close();
            await agents.WaitForExitAsync();
            return measurements;
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
