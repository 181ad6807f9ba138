using System.Globalization;
using GuestTune.EndToEnd.Cli;
using GuestTune.Testing;

namespace GuestTune.EndToEnd.Guests;

/// <summary>A guest as tests see it: its virtual machine, and what its kernel holds as the console says.</summary>
public sealed class Guest(TestVm vm) : IAsyncDisposable
{
    public const string Parameters = "/sys/module/haltpoll/parameters";
    private const string AgentPid = "/run/guesttune-agent.pid";
    private const string AgentHold = "/run/hold/guesttune-agent";

    private static readonly (string Name, string Value)[] KernelDefaults =
    [
        ("guest_halt_poll_ns", "200000"), ("guest_halt_poll_shrink", "2"), ("guest_halt_poll_grow", "2"),
        ("guest_halt_poll_grow_start", "50000"), ("guest_halt_poll_allow_shrink", "Y"),
    ];

    private string _clean = "";

    public TestVm Vm => vm;

    public string Name => vm.Name;

    public GuestConsole Console => vm.Console;

    public GuesttuneCli NewCli() => GuesttuneCli.For(this);

    /// <summary>What the kernel holds, without any part of the product.</summary>
    public Task<string> ReadParameterAsync(string name = "guest_halt_poll_ns") => Console.ReadAsync($"cat {Parameters}/{name}");

    /// <summary>As after the first boot: the kernel's defaults, an empty journal, no configuration.</summary>
    public async Task CleanAsync()
    {
        var defaults = string.Join("; ", KernelDefaults.Select(d => $"echo {d.Value} >{Parameters}/{d.Name}"));
        await Console.ReadAsync($"if [ -d {Parameters} ]; then {defaults}; fi");
        // A new agent takes seconds under emulation, so one that has written nothing since is good enough.
        if (_clean.Length > 0 && await ReadAgentStateAsync() == _clean)
        {
            return;
        }

        await StopAgentAsync();
        await Console.ReadAsync("rm -rf /var/lib/guesttune/* /etc/guesttune/* /etc/tmpfiles.d/*; : >/var/log/guesttune-agent.log");
        await StartAgentAsync();
        _clean = await ReadAgentStateAsync();
    }

    /// <summary>Ends the agent, and keeps it from being started again.</summary>
    public async Task StopAgentAsync()
    {
        await Console.ReadAsync(
            $"touch {AgentHold}; [ -e {AgentPid} ] && kill -9 $(cat {AgentPid}); while [ -e {AgentPid} ]; do sleep 0.05; done");
    }

    public async Task StartAgentAsync()
    {
        await Console.ReadAsync($"rm -f {AgentHold}");
        await vm.WaitForAgentAsync();
    }

    public async Task<int> GetAgentPidAsync() => int.Parse(await Console.ReadAsync($"cat {AgentPid}"), CultureInfo.InvariantCulture);

    /// <summary>Kills the agent as the kernel's out-of-memory killer would; init starts another one.</summary>
    public Task KillAgentAsync() => Console.ReadAsync($"kill -9 $(cat {AgentPid})");

    /// <summary>How often each of the agent's threads has been given the processor so far, by thread id and name.</summary>
    public async Task<IReadOnlyDictionary<string, long>> ReadContextSwitchesAsync()
    {
        // Some may end while they are read.
        var text = await Console.ReadAsync(
            $"cd /proc/$(cat {AgentPid})/task && for t in *; do n=$(cat $t/comm) && s=$(grep ctxt_switches $t/status) && echo \"$t $n:\" $(echo \"$s\" | cut -f2); done 2>/dev/null; true");
        return text.Split('\n').Select(l => l.Split(": ")).ToDictionary(
            l => l[0], l => l[1].Split(' ').Sum(n => long.Parse(n, CultureInfo.InvariantCulture)));
    }

    public ValueTask DisposeAsync() => vm.DisposeAsync();

    /// <summary>The agent's process, and every byte that it keeps.</summary>
    private Task<string> ReadAgentStateAsync() =>
        Console.ReadAsync($"cat {AgentPid}; find /var/lib/guesttune /etc/guesttune /etc/tmpfiles.d -type f -exec md5sum {{}} +; true");
}
