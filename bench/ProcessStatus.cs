using GuestTune.Testing;

namespace GuestTune.Bench;

/// <summary>What a process in the guest costs, read through the console: the product is not asked about itself.</summary>
internal static class ProcessStatus
{
    /// <summary>Resident set and its anonymous part in KiB (proc(5), status: VmRSS, RssAnon).</summary>
    public static async Task<(double RssKiB, double AnonymousKiB)> ReadMemoryAsync(TestVm vm, string process)
    {
        var text = await vm.Console.ReadAsync($"awk '/^(VmRSS|RssAnon):/ {{print $2}}' /proc/$(cat /run/{process}.pid)/status");
        var values = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return (double.Parse(values[0]), double.Parse(values[1]));
    }

    /// <summary>How often a second the process's threads are put on a processor, all together (status of every task: *_ctxt_switches).</summary>
    /// <remarks>Thread by thread: one that ends meanwhile takes its count with it.</remarks>
    public static async Task<double> ReadWakeUpsPerSecondAsync(TestVm vm, string process, TimeSpan duration)
    {
        const string Between = "--";
        var counts = $"cat /proc/$(cat /run/{process}.pid)/task/*/status | awk '/^Pid:/ {{p = $2}} /ctxt_switches/ {{n[p] += $2}} END {{for (p in n) print p, n[p]}}'";
        var seconds = (int)duration.TotalSeconds;
        var text = await vm.Console.ReadAsync($"{counts}; sleep {seconds}; echo {Between}; {counts}", duration + TimeSpan.FromSeconds(20));
        var halves = text.Split(Between);
        var (before, after) = (ParseCounts(halves[0]), ParseCounts(halves[1]));
        return after.Sum(thread => thread.Value - before.GetValueOrDefault(thread.Key)) / seconds;
    }

    private static Dictionary<string, double> ParseCounts(string lines) => lines
        .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        .Select(static line => line.Split(' '))
        .ToDictionary(static parts => parts[0], static parts => double.Parse(parts[1]));
}
