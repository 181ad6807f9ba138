using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace GuestTune.Bench;

/// <summary>One run of a program as the kernel accounts for it.</summary>
internal sealed partial record ProcessRun(double WallMs, double CpuMs, double PeakRssMiB, string Output)
{
    /// <summary>Runs a program to its end; its peak is sampled from VmHWM (proc(5)), which only grows.</summary>
    /// <param name="exitCode">How it ends where it does what it should.</param>
    /// <exception cref="InvalidOperationException">The program failed; the message has its output.</exception>
    public static async Task<ProcessRun> MeasureAsync(string program, IEnumerable<string> arguments, int exitCode = 0)
    {
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        var cpuBefore = ReadChildrenCpuMs();
        var begun = Stopwatch.GetTimestamp();
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        double peak = 0;
        while (!process.WaitForExit(5))
        {
            peak = Math.Max(peak, ReadPeakMiB(process.Id));
        }

        var wall = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
        var run = new ProcessRun(wall, ReadChildrenCpuMs() - cpuBefore, peak, await output);
        return process.ExitCode == exitCode
            ? run
            : throw new InvalidOperationException($"{program} ended with exit code {process.ExitCode}: {await errors}{run.Output}");
    }

    /// <summary>Runs a program to its end, without looking at what it writes.</summary>
    /// <exception cref="InvalidOperationException">The program failed; the message has its output.</exception>
    public static void Run(string program, IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} ended with exit code {process.ExitCode}: {output}{errors.GetAwaiter().GetResult()}");
        }
    }

    /// <summary>User and system time of all children that have ended and were waited for: getrusage(2), RUSAGE_CHILDREN.</summary>
    private static double ReadChildrenCpuMs()
    {
        const int children = -1;
        Span<long> usage = stackalloc long[18];
        return GetResourceUsage(children, ref usage[0]) == 0
            ? ((usage[0] + usage[2]) * 1000.0) + ((usage[1] + usage[3]) / 1000.0)
            : throw new InvalidOperationException($"getrusage failed with {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [LibraryImport("libc", EntryPoint = "getrusage", SetLastError = true)]
    private static partial int GetResourceUsage(int who, ref long usage);

    private static double ReadPeakMiB(int pid)
    {
        try
        {
            var line = File.ReadLines($"/proc/{pid}/status").FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 0 : double.Parse(line[6..^2], CultureInfo.InvariantCulture) / 1024;
        }
        catch (IOException)
        {
            return 0; // It has ended meanwhile.
        }
    }
}
