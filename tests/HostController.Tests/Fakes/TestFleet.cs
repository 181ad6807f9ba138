using GuestTune.Controller.Channel;
using GuestTune.Controller.DomainXml;
using GuestTune.Controller.Fleet;
using GuestTune.Controller.Inventory;
using GuestTune.Controller.Libvirt;
using GuestTune.Controller.MeasuredBoot;
using GuestTune.Controller.MeasuredBoot.Baselines;
using GuestTune.Controller.MeasuredBoot.Enrolment;
using GuestTune.Controller.MeasuredBoot.Predictions;
using GuestTune.Controller.Proofs;
using GuestTune.Controller.QemuGa;
using GuestTune.Controller.Rebooting;
using GuestTune.Controller.Store;
using GuestTune.Practices.Files;

namespace GuestTune.HostController.Tests.Fakes;

/// <summary>Some VMs and a controller over them.</summary>
internal sealed class TestFleet : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly List<FakeVm> _vms = [];

    public string StatePath => PathOf("state");

    public string Directory => _directory.Path;

    public IReadOnlyList<FakeVm> Vms => _vms;

    /// <summary>The way to the QEMU guest agent of every VM.</summary>
    public QemuGaAddress? QemuGa { get; set; }

    /// <summary>Where VMs are reset.</summary>
    public FakePower Power { get; } = new();

    /// <summary>VMs without an agent behind them are added here.</summary>
    public List<VmEntry> Further { get; } = [];

    public static async Task<TestFleet> StartAsync(params string[] names)
    {
        var fleet = new TestFleet();
        foreach (var name in names)
        {
            fleet._vms.Add(await FakeVm.StartAsync(fleet.Directory, name));
        }

        return fleet;
    }

    /// <param name="time">Of calls and their limits.</param>
    public FleetController CreateController(AgentLinkOptions? options = null, IEnrolledKeys? keys = null, TimeProvider? time = null)
    {
        time ??= TimeProvider.System;
        options ??= new AgentLinkOptions { IdleTime = TimeSpan.Zero };
        var files = new StoreFiles(StatePath);
        var store = new SqliteStore(files, TimeProvider.System);
        var attestor = new Attestor(keys ?? store);
        var libvirt = new LibvirtClients(TimeProvider.System);
        return new FleetController(
            new VmCatalog([new Source([.. _vms.Select(vm => new VmEntry(vm.Name, "inventory", new SocketChannel(vm.SocketPath), NoLabels, QemuGa: QemuGa)), .. Further])]),
            new LinkPool(options, SessionAttacher.AttachAsync, time),
            libvirt,
            HostProofs.OfHost(libvirt, time),
            options,
            new RebootNotes(PathOf("reboots")),
            Power,
            attestor,
            new BaselineJobs(store, attestor, files, TimeProvider.System),
            new StartPredictor(store, attestor, files, TimeProvider.System),
            time);
    }

    /// <summary>Over libvirt's test driver, which every host with the library has.</summary>
    public DomainTuning CreateDomainTuning() => new(
        new LibvirtClients(TimeProvider.System),
        LibvirtNode.Create(_directory),
        new RootedFileSystem("/"),
        StatePath,
        new SqliteStore(new StoreFiles(StatePath), TimeProvider.System),
        TimeProvider.System);

    /// <summary>An inventory file of the VMs.</summary>
    public string WriteInventory() => _directory.File(
        "inventory.yaml",
        "vms:\n" + string.Concat(_vms.Select(vm => $"  - {{name: {vm.Name}, channel: {vm.SocketPath}}}\n"))
        + string.Concat(Further.Select(vm => $"  - {{name: {vm.Name}, channel: {vm.Channel?.Name}}}\n")));

    public string PathOf(string name) => _directory.PathOf(name);

    public async ValueTask DisposeAsync()
    {
        foreach (var vm in _vms)
        {
            await vm.DisposeAsync();
        }

        _directory.Dispose();
    }

    public static IReadOnlyDictionary<string, string> NoLabels { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    private sealed class Source(IReadOnlyList<VmEntry> vms) : IVmSource
    {
        public string Name => "test";

        public ValueTask<IReadOnlyList<VmEntry>> ListAsync(CancellationToken cancellationToken) => ValueTask.FromResult(vms);
    }
}
