using System.Diagnostics;
using System.Text;

namespace GuestTune.HostController.Tests.Fakes;

/// <summary>The built guesttune as a process.</summary>
internal sealed class ProgramProcess : IDisposable
{
    /// <summary>Only a program that hangs takes so long.</summary>
    private static readonly TimeSpan TimeLimit = TimeSpan.FromMinutes(10);

    private readonly Process _process;
    private readonly TemporaryDirectory _state;
    private readonly Task<string> _out;
    private readonly StringBuilder _error = new();
    private readonly Task _errorEnd;
    private (string Text, TaskCompletionSource Seen)? _awaited;

    private ProgramProcess(Process process, TemporaryDirectory state)
    {
        _process = process;
        _state = state;
        _out = process.StandardOutput.ReadToEndAsync();
        _errorEnd = ReadErrorsAsync();
    }

    public int Id => _process.Id;

    public static ProgramProcess Start(params string[] arguments) => StartFrom([], AppContext.BaseDirectory, TestArguments.Patient(arguments));

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
        // A shell complains about a locale that is not installed.
        start.Environment["LC_ALL"] = "C";
        // What it remembers is not where all controllers of this machine have it.
        var state = new TemporaryDirectory();
        start.Environment["GUESTTUNE_STATE"] = state.PathOf("state");
        foreach (var name in new[] { "GUESTTUNE_INVENTORY", "GUESTTUNE_CONTROLLER", "NOTIFY_SOCKET" })
        {
            start.Environment.Remove(name);
        }

        return new ProgramProcess(Process.Start(start)!, state);
    }

    public static async Task<(int ExitCode, string Out, string Error)> RunAsync(params string[] arguments)
    {
        using var process = Start(arguments);
        return await process.EndAsync();
    }

    public async Task<(int ExitCode, string Out, string Error)> EndAsync()
    {
        using var limit = new CancellationTokenSource(TimeLimit);
        await _process.WaitForExitAsync(limit.Token);
        await _errorEnd;
        return (_process.ExitCode, await _out, _error.ToString());
    }

    /// <summary>Until it has written this to its standard error, as a daemon that is ready does.</summary>
    public async Task WaitForErrorAsync(string text)
    {
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_error)
        {
            _awaited = (text, seen);
            LookForAwaited();
        }

        await Task.WhenAny(seen.Task, _errorEnd);
        Assert.True(seen.Task.IsCompleted, $"the program ended without '{text}': {_error}");
    }

    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{_process.Id}"]);
        await kill.WaitForExitAsync();
    }

    private async Task ReadErrorsAsync()
    {
        var buffer = new char[4096];
        while (await _process.StandardError.ReadAsync(buffer) is > 0 and var count)
        {
            lock (_error)
            {
                _error.Append(buffer, 0, count);
                LookForAwaited();
            }
        }
    }

    private void LookForAwaited()
    {
        if (_awaited is var (text, seen) && _error.ToString().Contains(text, StringComparison.Ordinal))
        {
            seen.TrySetResult();
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        // It may still write to directories that are to go.
        _process.WaitForExit();
        _process.Dispose();
        _state.Dispose();
    }
}
