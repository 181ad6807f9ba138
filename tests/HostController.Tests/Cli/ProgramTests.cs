using System.Net.Sockets;
using System.Text.Json;
using GuestTune.Controller.Channel;
using GuestTune.Controller.Inventory;
using GuestTune.Controller.Serving;
using GuestTune.HostController.Tests.Fakes;

namespace GuestTune.HostController.Tests.Cli;

/// <summary>The program as its users run it: a process with exit status and streams.</summary>
public sealed class ProgramTests
{
    /// <summary>What a daemon says when its socket is there, lets clients in and has its mode.</summary>
    private const string Listening = "Listening on";

    [Fact]
    public async Task Ping_TwoProcessesAtOneVm_BothSucceed()
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        var inventory = fleet.WriteInventory();

        var runs = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => ProgramProcess.RunAsync("ping", "vm1", "--count", "50", "--inventory", inventory)));

        Assert.All(runs, run =>
        {
            Assert.Equal("", run.Error);
            Assert.Equal(0, run.ExitCode);
        });
    }

    [Theory]
    [InlineData("ping --all", 1)]
    [InlineData("ping vm1 --frob", 2)]
    [InlineData("ping nobody", 2)]
    [InlineData("ping gone", 3)]
    [InlineData("ping vm1", 0)]
    public async Task Run_Inventory_ExitsAsDocumented(string line, int expected)
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        fleet.Further.Add(new VmEntry("gone", "inventory", new SocketChannel(fleet.PathOf("gone.sock")), TestFleet.NoLabels));

        var (code, _, error) = await ProgramProcess.RunAsync([.. line.Split(' '), "--inventory", fleet.WriteInventory()]);

        Assert.Equal(expected, code);
        Assert.Equal(expected == 0, error.Length == 0);
    }

    [Fact]
    public async Task Set_Interrupted_ExitsWith130AndStillWritesJson()
    {
        await using var fleet = await TestFleet.StartAsync("vm1", "vm2");
        var begun = new TaskCompletionSource();
        fleet.Vms[1].Agent.Before = async (_, context) =>
        {
            begun.TrySetResult();
            await Task.Delay(Timeout.Infinite, context.CancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        };

        // One after the other, so that the first has answered when the second is asked.
        using var program = ProgramProcess.Start("set", "haltpoll", "--all", "--grow", "3", "-o", "json", "--parallel", "1", "--inventory", fleet.WriteInventory());
        await begun.Task;

        await program.SignalAsync("INT");
        var (code, output, error) = await program.EndAsync();

        Assert.Equal(130, code);
        var vms = JsonDocument.Parse(output).RootElement.GetProperty("vms");
        Assert.True(vms[0].GetProperty("ok").GetBoolean());
        Assert.Equal("CANCELLED", vms[1].GetProperty("error").GetProperty("code").GetString());
        Assert.Equal("vm2: interrupted before the agent had answered\n", error);
    }

    [Theory]
    [InlineData("vms")]
    [InlineData("ping --all")]
    public async Task Run_InterruptedWhileTheDaemonIsSilent_ExitsWith130AndStillWritesJson(string line)
    {
        using var directory = new TemporaryDirectory();
        using var hanging = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        hanging.Bind(new UnixDomainSocketEndPoint(directory.PathOf("c.sock")));
        hanging.Listen();
        using var program = ProgramProcess.Start([.. line.Split(' '), "-o", "json", "--controller", $"unix://{directory.PathOf("c.sock")}"]);
        using var client = await hanging.AcceptAsync();
        Assert.True(await client.ReceiveAsync(new byte[64]) > 0);

        await program.SignalAsync("INT");
        var (code, output, error) = await program.EndAsync();

        Assert.Equal(130, code);
        var json = JsonDocument.Parse(output).RootElement;
        Assert.Equal(130, json.GetProperty("exit_code").GetInt32());
        Assert.Empty(json.GetProperty("vms").EnumerateArray());
        Assert.DoesNotContain("internal error", error);
    }

    [Theory]
    [InlineData("vms >/dev/full", 74, "No space left on device")]
    [InlineData("vms -o json >&-", 74, "Bad file descriptor")]
    [InlineData("ping nobody 2>&-", 2, "")]
    [InlineData("vms | true", 0, "")]
    public async Task Run_StreamTakesNothing_IsNoMistakeOfTheProgram(string line, int expected, string reason)
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        var program = Path.Combine(AppContext.BaseDirectory, "guesttune.dll");
        var words = line.Split(' ', 2);
        using var shell = ProgramProcess.StartFrom(
            ["/bin/bash", "-c", $"set -o pipefail; dotnet '{program}' --inventory '{fleet.WriteInventory()}' {words[0]} {words[1]}"],
            AppContext.BaseDirectory);

        var (code, _, error) = await shell.EndAsync();

        Assert.Equal(expected, code);
        Assert.Contains(reason, error);
        Assert.True(error.Split('\n').Length <= 2, error);
    }

    [Fact]
    public async Task Serve_Daemon_ServesTheCliAndStopsCleanly()
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        var socket = fleet.PathOf("run/c.sock");
        using var daemon = ProgramProcess.Start("serve", "--socket", socket, "--inventory", fleet.WriteInventory());
        await daemon.WaitForErrorAsync(Listening);

        var set = await Fakes.Cli.RunAsync("set", "haltpoll", "vm1", "--grow", "3", "--operation-id", "op1", "--controller", $"unix://{socket}");
        var vms = await Fakes.Cli.RunAsync(new Dictionary<string, string> { ["GUESTTUNE_CONTROLLER"] = $"unix://{socket}" }, "vms", "-o", "json");
        await daemon.SignalAsync("TERM");
        var (code, output, error) = await daemon.EndAsync();

        Assert.Equal(0, set.ExitCode);
        Assert.Equal("vm1", JsonDocument.Parse(vms.Out).RootElement.GetProperty("vms")[0].GetProperty("name").GetString());
        Assert.Equal(0, code);
        Assert.Equal("", output);
        Assert.Contains("apply op1 on 1 VM (guest-idle-haltpoll guest_halt_poll_grow=3) for user", error);
        Assert.False(Path.Exists(socket));
    }

    [Fact]
    public async Task Serve_InventoryIsMissing_SaysSoWhenItStarts()
    {
        using var directory = new TemporaryDirectory();
        var socket = directory.PathOf("c.sock");
        using var daemon = ProgramProcess.Start("serve", "--socket", socket, "--inventory", directory.PathOf("none.yaml"));
        await daemon.WaitForErrorAsync("none.yaml: no such file");

        await daemon.SignalAsync("TERM");
        var (code, _, error) = await daemon.EndAsync();

        Assert.Equal(0, code);
        Assert.Contains("0 VMs are known now", error);
        Assert.Contains("none.yaml: no such file", error);
    }

    [Fact]
    public async Task Serve_OtherUser_IsRefusedWithAReasonUnlessInTheGroup()
    {
        const string Setpriv = "/usr/bin/setpriv";
        if (Libc.GetEffectiveUserId() != 0 || !File.Exists(Setpriv))
        {
            Assert.Skip("needs root and setpriv to call as another user");
        }

        await using var fleet = await TestFleet.StartAsync("vm1");
        File.SetUnixFileMode(fleet.Directory, (UnixFileMode)0b111_101_101);
        var inventory = fleet.WriteInventory();
        var program = CopyProgram(fleet.PathOf("program"));
        string[] asNobody = [Setpriv, "--reuid=65534", "--regid=65534", "--clear-groups"];

        var open = fleet.PathOf("open/c.sock");
        using var strict = ProgramProcess.Start("serve", "--socket", open, "--inventory", inventory);
        await strict.WaitForErrorAsync(Listening);
        File.SetUnixFileMode(Path.GetDirectoryName(open)!, (UnixFileMode)0b111_101_101);
        File.SetUnixFileMode(open, (UnixFileMode)0b110_110_110);
        using var refused = ProgramProcess.StartFrom(asNobody, program, "vms", "--controller", $"unix://{open}");
        var (code, _, error) = await refused.EndAsync();
        Assert.Contains("user 65534 may not use this controller", error);
        Assert.Equal(4, code);

        var grouped = fleet.PathOf("grouped/c.sock");
        using var lenient = ProgramProcess.Start("serve", "--socket", grouped, "--group", "65534", "--inventory", inventory);
        await lenient.WaitForErrorAsync(Listening);
        using var allowed = ProgramProcess.StartFrom(asNobody, program, "vms", "--controller", $"unix://{grouped}");
        (code, var output, error) = await allowed.EndAsync();
        Assert.Equal("", error);
        Assert.Equal(0, code);
        Assert.Contains("vm1", output);
    }

    [Fact]
    public async Task Serve_ManyVmsAtOnce_TakesLittleMemoryForEach()
    {
        const int Count = 150;
        await using var fleet = await TestFleet.StartAsync([.. Enumerable.Range(0, Count).Select(i => $"vm{i}")]);
        var socket = fleet.PathOf("run/c.sock");
        // Garbage is not what is counted: without this the collector lets as much of it gather as the processor's cache holds.
        using var daemon = ProgramProcess.StartFrom(
            ["env", "DOTNET_GCgen0size=0x200000", "DOTNET_GCgen0MaxBudget=0x200000"], AppContext.BaseDirectory, "serve", "--socket", socket, "--inventory", fleet.WriteInventory());
        await daemon.WaitForErrorAsync(Listening);
        var warm = await Fakes.Cli.RunAsync("ping", "vm0", "vm1", "--controller", $"unix://{socket}");
        Assert.Equal(0, warm.ExitCode);
        var before = AnonymousKib(daemon.Id);

        // Nobody is answered before everybody is attached.
        var arrived = 0;
        var all = new TaskCompletionSource();
        foreach (var vm in fleet.Vms)
        {
            vm.Agent.Before = (_, _) =>
            {
                if (Interlocked.Increment(ref arrived) == Count)
                {
                    all.SetResult();
                }

                return all.Task;
            };
        }

        var run = await Fakes.Cli.RunAsync("ping", "--all", "--parallel", "1000", "--timeout", "600", "--controller", $"unix://{socket}");

        Assert.Equal("", run.Error);
        var perVmKib = (AnonymousKib(daemon.Id) - before) / (double)Count;
        TestContext.Current.TestOutputHelper?.WriteLine($"{perVmKib:0.0} KiB for each VM");
        Assert.True(perVmKib < 150, $"{perVmKib:0.0} KiB for each VM");
    }

    [Fact]
    public async Task BashCompletion_Words_CompleteCommandsOptionsAndVms()
    {
        if (!File.Exists("/bin/bash"))
        {
            Assert.Skip("bash is not installed");
        }

        await using var fleet = await TestFleet.StartAsync();
        var inventory = Path.Combine(fleet.Directory, "i.yaml");
        await File.WriteAllTextAsync(inventory, "vms: [{name: alpha, channel: /a}, {name: beta, channel: /b}]");
        var script = $$"""
            guesttune() { dotnet '{{AppContext.BaseDirectory}}guesttune.dll' "$@" --timeout 120; }
            source '{{Repository.Root}}/packaging/host/completions/guesttune.bash'
            try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _guesttune; echo "${COMPREPLY[*]}"; }
            try guesttune hi
            try guesttune set hal
            try guesttune set haltpoll --gr
            try guesttune set haltpoll --allow-shrink t
            try guesttune -o js
            try guesttune --inventory '{{inventory}}' ping a
            try guesttune ping --inventory '{{inventory}}' alpha ""
            try guesttune ping --inventory = '{{inventory}}' a
            """;
        using var bash = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("/bin/bash", ["-c", script]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        var output = await bash.StandardOutput.ReadToEndAsync();

        Assert.Equal("history\nhaltpoll\n--grow --grow-start\ntrue\njson\nalpha\nalpha beta\nalpha\n", output);
    }

    private static long AnonymousKib(int process)
    {
        var line = File.ReadLines($"/proc/{process}/status").Single(l => l.StartsWith("RssAnon:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2]);
    }

    private static string CopyProgram(string directory)
    {
        File.SetUnixFileMode(Directory.CreateDirectory(directory).FullName, (UnixFileMode)0b111_101_101);
        foreach (var file in Directory.EnumerateFiles(AppContext.BaseDirectory).Where(f => Path.GetExtension(f) is ".dll" or ".json"))
        {
            var copy = Path.Combine(directory, Path.GetFileName(file));
            File.Copy(file, copy);
            File.SetUnixFileMode(copy, (UnixFileMode)0b110_100_100);
        }

        return directory;
    }
}
