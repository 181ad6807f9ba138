using System.Collections.Concurrent;
using System.Diagnostics;

namespace GuestTune.Testing;

/// <summary>Starts processes that the kernel kills when this process dies, however it dies.</summary>
/// <remarks>
/// prctl(2) PR_SET_PDEATHSIG fires when the <em>thread</em> that forked ends, not the process, and threads of the pool end when
/// idle: so every such process is started from one thread that lives as long as the process.
/// </remarks>
internal static class ChildProcessLauncher
{
    private static readonly BlockingCollection<(ProcessStartInfo Start, TaskCompletionSource<Process> Started)> Requests = [];

    static ChildProcessLauncher()
    {
        new Thread(Run) { IsBackground = true, Name = "child process launcher" }.Start();
    }

    public static Task<Process> StartAsync(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("setpriv", ["--pdeathsig", "KILL", "--", program, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        Requests.Add((start, started));
        return started.Task;
    }

    private static void Run()
    {
        foreach (var (start, started) in Requests.GetConsumingEnumerable())
        {
            try
            {
                started.SetResult(Process.Start(start)!);
            }
            catch (System.ComponentModel.Win32Exception e)
            {
                started.SetException(new TestVmException($"'{start.FileName}' cannot be run: {e.Message}", e));
            }
        }
    }
}
