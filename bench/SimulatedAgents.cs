using System.Text;
using GuestTune.Agent;
using GuestTune.Agent.Hosting;
using GuestTune.Agent.MeasuredBoot;
using GuestTune.Agent.Transport;
using GuestTune.FakePort;
using GuestTune.MeasuredBoot.EventLog;
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
        ("sys/class/tpm/tpm0/tpm_version_major", "2\n"),
    ];

    private const string EventLog = "sys/kernel/security/tpm0/binary_bios_measurements";

    /// <summary>The socket of one agent.</summary>
    public static string SocketOf(string directory, int index) => Path.Combine(directory, $"{index}.sock");

    /// <summary>TPMT_PUBLIC of one agent's attestation key.</summary>
    public static string AttestationKeyOf(string directory, int index) => Path.Combine(directory, $"{index}.key");

    /// <summary>Serves until standard input ends; says "ready" on standard output.</summary>
    public static async Task ServeAsync(string directory, int count, CancellationToken cancellationToken)
    {
        // What a real boot by OVMF measured: 28 events.
        var log = await File.ReadAllBytesAsync(Path.Combine(AppContext.BaseDirectory, "Recorded", "ovmf-direct-kernel.eventlog"), cancellationToken);
        var parsed = BootEventLog.Parse(log);
        var hosts = new List<WebApplication>();
        for (var index = 0; index < count; index++)
        {
            hosts.Add(Build(directory, index, log, new SimulatedTpm(parsed)));
        }

        await Parallel.ForEachAsync(hosts, cancellationToken, async (host, token) => await host.StartAsync(token));
        Console.WriteLine("ready");
        await Console.In.ReadToEndAsync(cancellationToken);
    }

    private static WebApplication Build(string directory, int index, byte[] log, SimulatedTpm tpm)
    {
        var root = Path.Combine(directory, index.ToString());
        foreach (var (path, content) in GuestTree)
        {
            Write(Path.Combine(root, path), Encoding.ASCII.GetBytes(content));
        }

        Write(Path.Combine(root, EventLog), log);
        Write(AttestationKeyOf(directory, index), tpm.AttestationKey);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.Services.AddLogging();
        builder.Services.AddSingleton<ITpmDevices>(tpm);
        builder.Services.AddAgent(new AgentOptions { Root = root });
        builder.Services.AddSingleton<ISessionSource>(
            new PortSessionSource("simulated", () => SocketGuestPort.Listen(SocketOf(directory, index)), TimeProvider.System));
        builder.Services.AddSingleton<IServer, SessionServer>();
        var host = builder.Build();
        host.MapAgent();
        return host;
    }

    private static void Write(string file, ReadOnlySpan<byte> content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllBytes(file, content);
    }
}
