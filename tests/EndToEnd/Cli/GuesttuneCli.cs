using System.Diagnostics;
using System.Text;
using GuestTune.EndToEnd.Guests;
using GuestTune.Testing;

namespace GuestTune.EndToEnd.Cli;

/// <summary>The published guesttune, run as a user runs it: as a process, with an inventory file or a libvirt.</summary>
public sealed class GuesttuneCli : IDisposable
{
    /// <summary>Changes of boot files and reboots of an emulated guest take minutes.</summary>
    private static readonly TimeSpan RunLimit = TimeSpan.FromMinutes(12);

    /// <summary>What a command on an emulated guest has that says nothing of its time.</summary>
    private static readonly string[] Long = ["--timeout", "400"];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gtcli-");
    private readonly string[] _source;
    private readonly IReadOnlyList<string> _inside = [];
    private string[] _patience = [];

    private GuesttuneCli(string libvirtUri, IReadOnlyList<string> inside) => (_source, _inside) = (["--connect", libvirtUri], inside);

    private GuesttuneCli(IEnumerable<(string Name, string? Channel, string Labels)> vms)
    {
        var yaml = new StringBuilder("vms:\n");
        foreach (var (name, channel, labels) in vms)
        {
            yaml.AppendLine($"  - name: {name}");
            if (channel is not null)
            {
                yaml.AppendLine($"    channel: \"{channel}\"");
            }

            yaml.AppendLine($"    labels: {{ {labels} }}");
        }

        File.WriteAllText(Inventory, yaml.ToString());
        _source = ["--inventory", Inventory];
    }

    public string Inventory => Path.Combine(_folder.FullName, "inventory.yaml");

    /// <summary>Guests take the labels "team: a" and "team: b" in turn.</summary>
    public static GuesttuneCli For(params Guest[] guests) =>
        new(guests.Select((g, i) => (g.Name, (string?)g.Vm.AgentSocket, i % 2 == 0 ? "team: a" : "team: b"))) { _patience = Long };

    public static GuesttuneCli ForChannels(params (string Name, string Channel)[] vms) =>
        new(vms.Select(v => (v.Name, (string?)v.Channel, "")));

    /// <summary>Of a guest whose boot loader, or TPM, has work for minutes where the host is busy: a command that says nothing of its time has that.</summary>
    public static GuesttuneCli ForBusyGuest(string name, string channel) => new([(name, channel, "")]) { _patience = Long };

    /// <summary>VMs are what this libvirt runs.</summary>
    /// <param name="inside">The program that runs guesttune elsewhere, and its arguments.</param>
    public static GuesttuneCli ForLibvirt(string uri, IReadOnlyList<string>? inside = null) => new(uri, inside ?? []) { _patience = Long };

    public async Task<CliRun> RunAsync(params string[] arguments)
    {
        await using var running = await StartAsync(arguments);
        return await running.WaitAsync();
    }

    /// <summary>Runs with "-o json" and takes the answer apart.</summary>
    public Task<CliRun> RunJsonAsync(params string[] arguments) => RunAsync([.. arguments, "-o", "json"]);

    public async Task<RunningCli> StartAsync(params string[] arguments)
    {
        var program = await PublishedPrograms.GetCliAsync();
        string[] command = [.. _inside, program];
        var start = new ProcessStartInfo(command[0], [.. command.Skip(1), .. _source, "--no-daemon", .. arguments, .. arguments.Contains("--timeout") ? [] : _patience])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["GUESTTUNE_STATE"] = Path.Combine(_folder.FullName, "state");
        return new RunningCli(Process.Start(start)!, RunLimit);
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
