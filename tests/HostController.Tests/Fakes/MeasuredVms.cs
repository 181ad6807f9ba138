using GuestTune.MeasuredBoot.EventLog;
using GuestTune.MeasuredBoot.Tpm;
using GuestTune.SoftwareTpms;

namespace GuestTune.HostController.Tests.Fakes;

/// <summary>VMs, each with a real TPM that has measured a log, and the command line over them.</summary>
internal sealed class MeasuredVms : IAsyncDisposable
{
    private readonly TestFleet _fleet;
    private readonly Dictionary<string, SoftwareTpm> _tpms = new(StringComparer.Ordinal);

    private MeasuredVms(TestFleet fleet) => _fleet = fleet;

    public string StatePath => _fleet.StatePath;

    public static async Task<MeasuredVms> StartAsync(params string[] names) => new(await TestFleet.StartAsync(names));

    public ScriptedTpm this[string name] => _fleet.Vms.Single(vm => vm.Name == name).Tpm;

    public ScriptedAgent AgentOf(string name) => _fleet.Vms.Single(vm => vm.Name == name).Agent;

    public string PathOf(string name) => _fleet.PathOf(name);

    /// <summary>A start of the VM with these measurements.</summary>
    /// <param name="shown">The log that the guest shows; null: the true one.</param>
    public void Boot(string name, EditedLog log, byte[]? shown = null)
    {
        if (_tpms.TryGetValue(name, out var tpm))
        {
            tpm.Restart();
        }
        else
        {
            tpm = _tpms[name] = new SoftwareTpm();
        }

        foreach (var entry in log.Events.Where(static e => e.Type != EventType.NoAction))
        {
            tpm.Extend(entry.Pcr, PcrBank.Sha256, entry.Digest(PcrBank.Sha256));
        }

        this[name].Tpm = tpm;
        this[name].EventLog = shown ?? log.ToBytes();
    }

    public Task<RunningDaemon> ServeAsync() => RunningDaemon.StartAsync(_fleet, new CapturedLog());

    public Task<(int ExitCode, string Out, string Error)> RunAsync(params string[] arguments) =>
        Cli.RunAsync([.. arguments, "--inventory", _fleet.WriteInventory(), "--state", StatePath]);

    public async ValueTask DisposeAsync()
    {
        await _fleet.DisposeAsync();
        foreach (var tpm in _tpms.Values)
        {
            tpm.Dispose();
        }
    }
}
