using GuestTune.Agent;
using GuestTune.Agent.Hosting;
using GuestTune.Agent.Transport;
using GuestTune.FakePort;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.DependencyInjection;

namespace GuestTune.Bench;

/// <summary>Agents in one process, each with a UNIX socket as QEMU serves it and a small tree of its own to tune: all but the VM is real.</summary>
internal static class SimulatedAgents
{
    private static readonly (string Path, string Content)[] GuestTree =
    [
        ("sys/module/haltpoll/parameters/guest_halt_poll_ns", "200000\n"),
        ("sys/module/haltpoll/parameters/guest_halt_poll_shrink", "2\n"),
        ("sys/module/haltpoll/parameters/guest_halt_poll_grow", "2\n"),
        ("sys/module/haltpoll/parameters/guest_halt_poll_grow_start", "50000\n"),
        ("sys/module/haltpoll/parameters/guest_halt_poll_allow_shrink", "Y\n"),
        ("sys/devices/system/cpu/cpuidle/current_driver", "none\n"),
        ("sys/devices/system/cpu/cpuidle/current_governor", "menu\n"),
        ("sys/devices/system/cpu/cpuidle/available_governors", "ladder menu\n"),
        ("proc/cmdline", "console=ttyS0\n"),
        ("proc/sys/kernel/osrelease", "6.12.0-simulated\n"),
    ];

    /// <summary>The socket of one agent.</summary>
    public static string SocketOf(string directory, int index) => Path.Combine(directory, $"{index}.sock");

    /// <summary>Serves until standard input ends; says "ready" on standard output.</summary>
    public static async Task ServeAsync(string directory, int count, CancellationToken cancellationToken)
    {
        var hosts = new List<WebApplication>();
        for (var index = 0; index < count; index++)
        {
            hosts.Add(Build(directory, index));
        }

        await Parallel.ForEachAsync(hosts, cancellationToken, async (host, token) => await host.StartAsync(token));
        Console.WriteLine("ready");
        await Console.In.ReadToEndAsync(cancellationToken);
    }

    private static WebApplication Build(string directory, int index)
    {
        var root = Path.Combine(directory, index.ToString());
        foreach (var (path, content) in GuestTree)
        {
            var file = Path.Combine(root, path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, content);
        }

        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.Services.AddLogging();
        builder.Services.AddAgent(new AgentOptions { Root = root });
        builder.Services.AddSingleton<ISessionSource>(
            new PortSessionSource("simulated", () => SocketGuestPort.Listen(SocketOf(directory, index)), TimeProvider.System));
        builder.Services.AddSingleton<IServer, SessionServer>();
        var host = builder.Build();
        host.MapAgent();
        return host;
    }
}
