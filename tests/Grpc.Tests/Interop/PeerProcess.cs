using System.Diagnostics;
using System.Text;

namespace GuestTune.Grpc.Tests.Interop;

/// <summary>A process of a peer, which ends with the test that started it.</summary>
internal sealed class PeerProcess : IAsyncDisposable
{
    private static readonly TimeSpan TimeLimit = TimeSpan.FromMinutes(5);

    private readonly Process _process;
    private readonly StringBuilder _errors = new();

    private PeerProcess(Process process)
    {
        _process = process;
        process.ErrorDataReceived += (_, line) =>
        {
            lock (_errors)
            {
                _errors.AppendLine(line.Data);
            }
        };
        process.BeginErrorReadLine();
    }

    public static PeerProcess Start(string program, string directory, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = directory,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // A proxy of the machine is not for loopback, but not every peer knows that.
        start.Environment["no_proxy"] = "127.0.0.1,localhost";
        start.Environment["NO_PROXY"] = "127.0.0.1,localhost";
        return new PeerProcess(Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start."));
    }

    /// <summary>Runs a program to its end, which must be a success.</summary>
    public static async Task RunAsync(string program, string directory, params IEnumerable<string> arguments)
    {
        await using var process = Start(program, directory, arguments);
        using var timeout = new CancellationTokenSource(TimeLimit);
        var output = await process._process.StandardOutput.ReadToEndAsync(timeout.Token);
        await process._process.WaitForExitAsync(timeout.Token);
        Assert.True(process._process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}\n{output}\n{process.Errors}");
    }

    /// <summary>Waits for the line "PORT n" of a server.</summary>
    public async Task<int> ReadPortAsync()
    {
        using var timeout = new CancellationTokenSource(TimeLimit);
        while (await _process.StandardOutput.ReadLineAsync(timeout.Token) is { } line)
        {
            if (line.StartsWith("PORT ", StringComparison.Ordinal))
            {
                return int.Parse(line.AsSpan(5));
            }
        }

        throw new InvalidOperationException("The server ended before it had a port: " + Errors);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private string Errors
    {
        get
        {
            lock (_errors)
            {
                return _errors.ToString();
            }
        }
    }
}
