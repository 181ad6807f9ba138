using System.Diagnostics;

namespace GuestTune.EndToEnd.Cli;

/// <summary>A guesttune process that has been started and has not ended yet.</summary>
public sealed class RunningCli : IAsyncDisposable
{
    private readonly Process _process;
    private readonly TimeSpan _limit;
    private readonly long _begun = Stopwatch.GetTimestamp();
    private readonly Task<string> _output;
    private readonly Task<string> _error;

    public RunningCli(Process process, TimeSpan limit)
    {
        _process = process;
        _limit = limit;
        process.StandardInput.Close();
        _output = process.StandardOutput.ReadToEndAsync();
        _error = process.StandardError.ReadToEndAsync();
    }

    public bool HasEnded => _process.HasExited;

    /// <summary>SIGKILL: the program gets no chance to say goodbye.</summary>
    public void Kill() => _process.Kill();

    public async Task<CliRun> WaitAsync()
    {
        using var deadline = new CancellationTokenSource(_limit);
        try
        {
            await _process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill();
            Assert.Fail($"guesttune did not end within {_limit.TotalSeconds:0} s. It said:\n{await _output}{await _error}");
        }

        return new CliRun(_process.ExitCode, await _output, await _error, Stopwatch.GetElapsedTime(_begun));
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }
}
