using System.Diagnostics;
using System.Text.Json.Nodes;

namespace GuestTune.Testing;

/// <summary>A running QEMU guest with the published agent in it.</summary>
public sealed class TestVm : IAsyncDisposable
{
    private static readonly TimeSpan AgentTimeout = TimeSpan.FromMinutes(3);

    private const int MaxBootAttempts = 3;

    private readonly TestVmOptions _options;
    private readonly BootImage _image;
    private readonly Accelerator _accelerator;
    private readonly TaskCompletionSource<string> _stoppedByGuest = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Process _process = null!;
    private Process? _tpm;
    private bool _keepsRunning;

    private TestVm(TestVmOptions options, BootImage image, Accelerator accelerator, VmFolder folder)
    {
        _options = options;
        _image = image;
        _accelerator = accelerator;
        _keepsRunning = options.KeepsRunning;
        Folder = folder;
    }

    public string Name => _options.Name;

    public Guid Uuid { get; } = Guid.NewGuid();

    public VmFolder Folder { get; }

    public int ProcessId => _process.Id;

    /// <summary>The socket that QEMU serves for the agent's port.</summary>
    public string AgentSocket => PortSocket(TestVmOptions.AgentPort);

    public GuestConsole Console { get; private set; } = null!;

    public QmpClient Qmp { get; private set; } = null!;

    /// <summary>/proc/sys/kernel/random/boot_id of the guest.</summary>
    public string BootId { get; private set; } = "";

    /// <summary>From the start of QEMU to the first program in the guest that answers.</summary>
    public TimeSpan BootTime { get; private set; }

    public string PortSocket(string port) => Folder.PortSocket(port);

    public static async Task<TestVm> BootAsync(TestVmOptions options, CancellationToken cancellationToken = default)
    {
        var image = await GuestImage.BuildAsync(options.Kernel, cancellationToken);
        var accelerator = await AcceleratorProbe.ChooseAsync(image, cancellationToken);
        return await BootAsync(options, image, accelerator, cancellationToken);
    }

    public static async Task<TestVm> BootAsync(
        TestVmOptions options, BootImage image, Accelerator accelerator, CancellationToken cancellationToken = default)
    {
        for (var attempt = 1; ; attempt++)
        {
            var folder = VmFolder.Create(options);
            await image.PrepareAsync(options, folder, cancellationToken);
            var vm = new TestVm(options, image, accelerator, folder);
            await vm.LaunchAsync(image.IsSaved);
            try
            {
                await vm.WaitForGuestAsync(image.IsSaved, cancellationToken);
                return vm;
            }
            catch (Exception e)
            {
                var failure = await vm.GiveUpAsync(e);
                cancellationToken.ThrowIfCancellationRequested();
                // Emulated processors sometimes trip while the booting kernel rewrites its own code (one boot in some fifty on QEMU 7.2,
                // on a busy host): that tells nothing of what is tested.
                if (accelerator != Accelerator.Tcg || !vm._stoppedByGuest.Task.IsCompleted || attempt == MaxBootAttempts)
                {
                    throw failure;
                }
            }
        }
    }

    /// <summary>Whether a program in the guest has the port open.</summary>
    public async Task<bool> IsPortOpenInGuestAsync(string port, CancellationToken cancellationToken = default)
    {
        var index = _options.Ports.ToList().IndexOf(port);
        var chardevs = (JsonArray)(await Qmp.ExecuteAsync("query-chardev", cancellationToken: cancellationToken))!;
        return chardevs.Any(c => (string?)c!["label"] == $"port{index}" && (bool)c["frontend-open"]!);
    }

    /// <summary>Waits until the agent has opened its port.</summary>
    public async Task WaitForAgentAsync(CancellationToken cancellationToken = default)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(AgentTimeout);
        try
        {
            while (!await IsPortOpenInGuestAsync(TestVmOptions.AgentPort, deadline.Token))
            {
                await Task.Delay(50, deadline.Token);
            }
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            var log = await Console.ExecuteAsync("tail -n 30 /var/log/guesttune-agent.log", cancellationToken: cancellationToken);
            throw new TestVmException(
                $"No agent opened its port in '{Name}' within {AgentTimeout.TotalSeconds:0} s. Its log ends:\n{log.Output}", e);
        }
    }

    /// <summary>Stops the guest's processors, as a migration or a debugger does.</summary>
    public Task PauseAsync(CancellationToken cancellationToken = default) => Qmp.ExecuteAsync("stop", cancellationToken: cancellationToken);

    public Task ResumeAsync(CancellationToken cancellationToken = default) => Qmp.ExecuteAsync("cont", cancellationToken: cancellationToken);

    /// <summary>Presses the reset button, and waits until the guest has booted again.</summary>
    public async Task ResetAsync(CancellationToken cancellationToken = default)
    {
        await Qmp.ExecuteAsync("system_reset", cancellationToken: cancellationToken);
        await WaitForBootAsync(cancellationToken);
    }

    /// <summary>Lets the guest reboot in good order, and waits until it has.</summary>
    public async Task RebootAsync(CancellationToken cancellationToken = default)
    {
        await Console.ExecuteAsync("(sleep 0.2; sync; reboot -f) >/dev/null 2>&1 &", cancellationToken: cancellationToken);
        await WaitForBootAsync(cancellationToken);
    }

    /// <summary>Ends QEMU as a power cut ends a machine: what the guest's kernel had not written to its disk yet is lost.</summary>
    public async Task CutPowerAsync()
    {
        await DisconnectAsync();
        await KillAsync();
    }

    /// <summary>Starts QEMU again after <see cref="CutPowerAsync"/>, and waits until the guest has booted.</summary>
    public async Task PowerOnAsync(CancellationToken cancellationToken = default)
    {
        _process.Dispose();
        await LaunchAsync(goesOn: false);
        await WaitForGuestAsync(goesOn: false, cancellationToken);
    }

    /// <summary>Writes the guest's memory and devices to a file, with which a <see cref="DiskImage"/> goes on; then the VM only waits to be ended.</summary>
    internal async Task SaveAsync(string path, CancellationToken cancellationToken)
    {
        await PauseAsync(cancellationToken);
        await Qmp.ExecuteAsync("migrate-set-parameters", new JsonObject { ["max-bandwidth"] = 0 }, cancellationToken);
        await Qmp.ExecuteAsync("migrate", new JsonObject { ["uri"] = $"exec:cat >'{path}'" }, cancellationToken);
        while (true)
        {
            switch ((string?)(await Qmp.ExecuteAsync("query-migrate", cancellationToken: cancellationToken))!["status"])
            {
                case "completed":
                    return;
                case "failed":
                    throw new TestVmException($"QEMU cannot save '{Name}' to '{path}'.");
            }

            await Task.Delay(20, cancellationToken);
        }
    }

    /// <summary>The VM ends with this object after all, although it was to outlive it.</summary>
    internal void KillOnDispose() => _keepsRunning = false;

    public async ValueTask DisposeAsync()
    {
        await DisconnectAsync();
        if (!_keepsRunning)
        {
            await KillAsync();
            Folder.RemoveIfTemporary();
        }

        _process.Dispose();
        _tpm?.Dispose();
    }

    private async Task DisconnectAsync()
    {
        if (Console is not null)
        {
            await Console.DisposeAsync();
        }

        if (Qmp is not null)
        {
            await Qmp.DisposeAsync();
        }
    }

    private async Task LaunchAsync(bool goesOn)
    {
        if (_options.Tpm != TpmModel.None)
        {
            _tpm?.Dispose();
            _tpm = await VmTpm.StartAsync(Folder, StartAsync, CancellationToken.None);
        }

        _process = await StartAsync(QemuArguments.Program, QemuArguments.Build(_options, _image, _accelerator, Folder, Uuid, goesOn));
    }

    private Task<Process> StartAsync(string program, IReadOnlyList<string> arguments)
    {
        if (!_options.KeepsRunning)
        {
            return ChildProcessLauncher.StartAsync(program, arguments);
        }

        // A session of its own, since Ctrl-C at the terminal is not meant for the VM; and no output of this process, since who reads
        // that waits for its end.
        const string script = """log=$1; shift; exec setsid "$@" </dev/null >>"$log" 2>&1""";
        return Task.FromResult(Process.Start("sh", ["-c", script, "sh", Folder.QemuLog, program, .. arguments]));
    }

    private async Task WaitForGuestAsync(bool goesOn, CancellationToken cancellationToken)
    {
        var begun = Stopwatch.GetTimestamp();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(_options.BootTimeout);
        Console = await ConnectAsync(GuestConsole.ConnectAsync, Folder.ConsoleSocket, deadline.Token);
        Qmp = await ConnectAsync(QmpClient.ConnectAsync, Folder.QmpSocket, deadline.Token);
        BootId = await (goesOn ? GoOnAsync(deadline.Token) : WaitForFirstBootAsync(deadline.Token));
        BootTime = Stopwatch.GetElapsedTime(begun);
        if (_options.StartsAgent && _options.HasAgentPort)
        {
            await WaitForAgentAsync(cancellationToken);
        }
    }

    private async Task<string> WaitForFirstBootAsync(CancellationToken cancellationToken)
    {
        Qmp.OnEvent = NoteEnd;
        try
        {
            var booted = Console.WaitForBootAsync(cancellationToken);
            return await Task.WhenAny(booted, _stoppedByGuest.Task) == booted
                ? await booted
                : throw new TestVmException(await _stoppedByGuest.Task);
        }
        finally
        {
            Qmp.OnEvent = null;
        }
    }

    private async Task<string> GoOnAsync(CancellationToken cancellationToken)
    {
        // It was paused when it was saved, and is so again when all of it is loaded.
        while ((string?)(await Qmp.ExecuteAsync("query-status", cancellationToken: cancellationToken))!["status"] == "inmigrate")
        {
            await Task.Delay(10, cancellationToken);
        }

        await ResumeAsync(cancellationToken);
        // Its clock stood still.
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        return await Console.ReadAsync($"date -s @{now} >/dev/null; cat /proc/sys/kernel/random/boot_id", cancellationToken: cancellationToken);
    }

    private async Task WaitForBootAsync(CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(_options.BootTimeout);
        BootId = await Console.WaitForBootAsync(deadline.Token);
    }

    private void NoteEnd(string name, JsonObject data)
    {
        if (name is "RESET" or "SHUTDOWN" or "STOP" or "GUEST_PANICKED")
        {
            _stoppedByGuest.TrySetResult($"the guest stopped while it booted (QEMU says {name})");
        }
    }

    private async Task<T> ConnectAsync<T>(Func<string, CancellationToken, Task<T>> connect, string path, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await connect(path, cancellationToken);
            }
            catch (System.Net.Sockets.SocketException e)
            {
                if (_process.HasExited)
                {
                    throw new TestVmException($"QEMU ended at once with exit code {_process.ExitCode}", e);
                }

                await Task.Delay(10, cancellationToken);
            }
        }
    }

    private async Task<TestVmException> GiveUpAsync(Exception reason)
    {
        var message = reason is OperationCanceledException ? $"it did not boot within {_options.BootTimeout.TotalSeconds:0} s" : reason.Message;
        var log = Folder.ReadKernelLogTail();
        _keepsRunning = false;
        await KillAsync();
        var error = _process.StartInfo.RedirectStandardError ? await _process.StandardError.ReadToEndAsync(CancellationToken.None) : "";
        await DisposeAsync();
        return new TestVmException($"The VM '{Name}' ({_accelerator.Id}) failed: {message}.\n{error}{log}", reason);
    }

    private async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _tpm?.Kill();
        await (_tpm?.WaitForExitAsync() ?? Task.CompletedTask);
    }
}
