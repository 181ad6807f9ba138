using System.Diagnostics;

namespace GuestTune.HostController.Tests.Fakes;

/// <summary>The built guesttune as a process.</summary>
internal sealed class ProgramProcess : IDisposable
{
    private readonly Process _process;
    private readonly Task<string> _out;
    private readonly Task<string> _error;

    private ProgramProcess(Process process)
    {
        _process = process;
        _out = process.StandardOutput.ReadToEndAsync();
        _error = process.StandardError.ReadToEndAsync();
    }

    public int Id => _process.Id;

    public static ProgramProcess Start(params string[] arguments) => StartFrom([], AppContext.BaseDirectory, arguments);

    /// <param name="prefix">A program that starts it, with arguments.</param>
    public static ProgramProcess StartFrom(IReadOnlyList<string> prefix, string directory, params string[] arguments)
    {
        string[] words = [.. prefix, "dotnet", Path.Combine(directory, "guesttune.dll"), .. arguments];
        var start = new ProcessStartInfo(words[0], words[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = "/",
        };
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["DOTNET_CLI_HOME"] = "/tmp";
        foreach (var name in new[] { "GUESTTUNE_INVENTORY", "GUESTTUNE_CONTROLLER", "NOTIFY_SOCKET" })
        {
            start.Environment.Remove(name);
        }

        return new ProgramProcess(Process.Start(start)!);
    }

    public static async Task<(int ExitCode, string Out, string Error)> RunAsync(params string[] arguments)
    {
        using var process = Start(arguments);
        return await process.EndAsync();
    }

    public async Task<(int ExitCode, string Out, string Error)> EndAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await _process.WaitForExitAsync(limit.Token);
        return (_process.ExitCode, await _out, await _error);
    }

    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{_process.Id}"]);
        await kill.WaitForExitAsync();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }
}
