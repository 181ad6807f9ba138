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
    public static async Task<double> ReadWakeUpsPerSecondAsync(TestVm vm, string process, TimeSpan duration)
    {
        var sum = $"cat /proc/$(cat /run/{process}.pid)/task/*/status | awk '/ctxt_switches/ {{n += $2}} END {{print n}}'";
        var seconds = (int)duration.TotalSeconds;
        var text = await vm.Console.ReadAsync($"a=$({sum}); sleep {seconds}; b=$({sum}); echo $a $b", duration + TimeSpan.FromSeconds(20));
        var counts = text.Trim().Split(' ');
        return (double.Parse(counts[1]) - double.Parse(counts[0])) / seconds;
    }
}
