using GuestTune.Controller.DomainXml;
using GuestTune.Controller.Libvirt;
using GuestTune.Controller.Store;
using GuestTune.Controller.V1;
using GuestTune.HostController.Tests.Fakes;
using GuestTune.Practice.V1;
using GuestTune.Practices.Files;
using V1Selection = GuestTune.Controller.V1.Selection;

namespace GuestTune.HostController.Tests.Domains;

/// <summary>The whole way, over libvirt's test driver.</summary>
public sealed class DomainTuningTests : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly LibvirtClients _libvirt = new(TimeProvider.System);
    private readonly string _uri;
    private readonly SqliteStore _store;
    private readonly DomainTuning _tuning;

    public DomainTuningTests()
    {
        Assert.SkipUnless(System.Runtime.InteropServices.NativeLibrary.TryLoad("libvirt.so.0", out _), "libvirt.so.0 is not installed");
        Directory.CreateDirectory(_directory.PathOf("state"));
        _store = new SqliteStore(new StoreFiles(_directory.PathOf("state")), TimeProvider.System);
        _tuning = new DomainTuning(_libvirt, _uri = LibvirtNode.Create(_directory), new RootedFileSystem("/"), _directory.PathOf("state"), _store, TimeProvider.System);
    }

    private static V1Selection All => new() { All = true };

    private static Pace Patient => new() { TimeoutMs = 300_000 };

    [Fact]
    public async Task ApplyThenUndo_OnARunningDomain_ChangesBothAndPutsBothBack()
    {
        var before = await DefinitionAsync();

        var plan = (await OneAsync(_tuning.PlanAsync(new PlanRequest { Selection = All, Pace = Patient, Desired = Desired }, default))).Plan.Plan;
        Assert.Contains(plan.Changes, static c => c is { Item: "live:iothread/1", TakesEffect: TakesEffect.Now });
        Assert.Contains(plan.Changes, static c => c is { Item: "xml:devices/disk[target/@dev='vda']/driver/@iothread", TakesEffect: TakesEffect.AfterPowerCycle });
        Assert.Contains("<iothreads>1</iothreads>", plan.Files[0].After, StringComparison.Ordinal);

        var apply = new ApplyDomainRequest { Selection = All, Pace = Patient, Desired = Desired, OperationId = "o1" };
        var applied = (await OneAsync(_tuning.ApplyAsync(apply, default))).Apply;
        Assert.Equal(OperationState.Done, applied.Operation.State);
        Assert.Equal(Verdict.Pending, applied.Observation.Verdict);
        Assert.True((await OneAsync(_tuning.ApplyAsync(apply, default))).Apply.RepeatedAnswer);

        var diff = (await OneAsync(_tuning.DiffAsync(new DiffDomainRequest { Selection = All, Pace = Patient, Desired = Desired }, default))).Plan.Plan;
        Assert.DoesNotContain("<driver iothread", Assert.Single(diff.Files).Before, StringComparison.Ordinal);
        Assert.Contains("<driver iothread=\"1\"", diff.Files[0].After, StringComparison.Ordinal);

        var undone = (await OneAsync(_tuning.UndoAsync(new UndoRequest { Selection = All, Pace = Patient, OperationId = "u1" }, default))).Undo;
        Assert.Equal(OperationState.Done, undone.Operation.State);
        Assert.Equal(Verdict.Absent, undone.Observation.Verdict);
        Assert.Equal(before, await DefinitionAsync());
        var history = (await OneAsync(_tuning.HistoryAsync(new HistoryRequest { Selection = All, Pace = Patient }, default))).History;
        Assert.Equal(["u1", "o1"], history.Operations.Select(static o => o.OperationId));
        Assert.Equal(["vm undo", "vm set iothreads", "vm set iothreads"], (await _store.ListAuditAsync(10, default)).Select(static a => a.Action));
    }

    [Theory]
    [InlineData("agent-channel", "enabled", "true")]
    [InlineData("raw-device", "disk", "sda", "device", "/dev/nosuch")]
    [InlineData("static-hugepages", "size", "2M")]
    [InlineData("dedicated-hint", "poll-control", "true")]
    [InlineData("svirt", "label", "dynamic")]
    [InlineData("vtpm", "version", "2.0")]
    public async Task ApplyThenUndo_EveryOtherPractice_ChangesTheDefinitionAndPutsItBack(string practice, params string[] settings)
    {
        var desired = new Desired { Practice = practice, Persist = true, Force = true };
        for (var i = 0; i < settings.Length; i += 2)
        {
            desired.Settings.Add(settings[i], settings[i + 1]);
        }

        var before = await DefinitionAsync();
        var applied = (await OneAsync(_tuning.ApplyAsync(new ApplyDomainRequest { Selection = All, Pace = Patient, Desired = desired, OperationId = "o1" }, default))).Apply.Operation;
        var undone = (await OneAsync(_tuning.UndoAsync(new UndoRequest { Selection = All, Pace = Patient, OperationId = "u1" }, default))).Undo.Operation;

        Assert.True((applied.State, undone.State) == (OperationState.Done, OperationState.Done), applied.Error + undone.Error);
        Assert.Equal(before, await DefinitionAsync());
    }

    [Fact]
    public async Task Apply_OfAnotherDefinition_IsRefused()
    {
        var answer = await OneAsync(_tuning.ApplyAsync(new ApplyDomainRequest { Selection = All, Pace = Patient, Desired = Desired, OperationId = "o1", Definition = "000000000000" }, default));

        Assert.Contains("somebody has redefined it since the plan", answer.Error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Observe_UnknownDomain_IsRefusedBeforeAnything()
    {
        var e = await Assert.ThrowsAsync<Grpc.Core.RpcException>(() => OneAsync(_tuning.ObserveAsync(new ObserveRequest { Selection = new V1Selection { Names = { "tests" } } }, default)));

        Assert.Equal(Grpc.Core.StatusCode.NotFound, e.StatusCode);
        Assert.Contains("'test'", e.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Observe_NothingWasChanged_MakesNoJournal()
    {
        await OneAsync(_tuning.ObserveAsync(new ObserveRequest { Selection = All, Pace = Patient }, default));
        await OneAsync(_tuning.HistoryAsync(new HistoryRequest { Selection = All, Pace = Patient }, default));

        Assert.False(Directory.Exists(_directory.PathOf("state/domains")));
    }

    public async ValueTask DisposeAsync()
    {
        await _tuning.DisposeAsync();
        _directory.Dispose();
    }

    private static Desired Desired => new() { Practice = "iothreads", Settings = { ["count"] = "1", ["assign"] = "vda=1", ["pin"] = "1=2-3" }, Persist = true };

    private Task<string> DefinitionAsync() => _libvirt.Get(_uri, LibvirtAccess.Write).AskAsync(
        static connection =>
        {
            using var domain = connection.Find(LibvirtNode.Domain);
            return domain.Xml(DomainXmlFlags.Inactive | DomainXmlFlags.Secure);
        },
        default);

    private static async Task<VmEvent> OneAsync(IAsyncEnumerable<VmEvent> events)
    {
        VmEvent? last = null;
        await foreach (var one in events)
        {
            last = one;
        }

        return last is { Error: { } error } && !error.Message.Contains("since the plan", StringComparison.Ordinal) ? throw new InvalidOperationException(error.Message) : last!;
    }
}
