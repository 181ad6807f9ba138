using GuestTune.Controller.DomainXml;
using GuestTune.Controller.DomainXml.Editing;
using GuestTune.Controller.Libvirt;
using GuestTune.HostController.Tests.Fakes;
using GuestTune.Practices;
using GuestTune.Practices.Files;
using GuestTune.PrivateLibvirts;

namespace GuestTune.HostController.Tests.Domains;

/// <summary>What only a real libvirtd and QEMU can say: a definition that libvirt writes in its own words, and a domain that runs.</summary>
public sealed class RealDomainTests : IAsyncDisposable
{
    private const string Name = "vm1";

    private readonly TemporaryDirectory _directory = new();
    private readonly LibvirtClients _clients = new(TimeProvider.System);
    private readonly PrivateLibvirt _libvirt;
    private readonly DomainJournals _journals;

    public RealDomainTests()
    {
        Assert.SkipWhen(PrivateLibvirt.WhyNot is not null, PrivateLibvirt.WhyNot ?? "");
        _libvirt = new PrivateLibvirt();
        _journals = new DomainJournals(_directory.PathOf("domains"), TimeProvider.System);
        File.WriteAllBytes(_directory.PathOf("a.raw"), new byte[1024 * 1024]);
        _libvirt.Run(Name, $"""
            <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='{_directory.PathOf("a.raw")}'/><target dev='vda' bus='virtio'/></disk>
            <controller type='scsi' index='0' model='virtio-scsi'/>
            <controller type='virtio-serial' index='0'/>
            <graphics type='vnc' passwd='secret'/>
            """);
    }

    [Fact]
    public async Task EveryPractice_OnARunningDomain_IsAppliedOnceAndUndone()
    {
        var before = await DefinitionAsync();
        Assert.Contains("passwd='secret'", before, StringComparison.Ordinal);
        (string Practice, (string, string)[] Settings)[] all =
        [
            ("iothreads", [("count", "2"), ("assign", "vda=1 scsi0=2"), ("pin", "1=0")]),
            ("agent-channel", [("enabled", "true")]),
            ("vtpm", [("version", "2.0")]),
            ("svirt", [("label", "default")]),
        ];
        foreach (var (practice, settings) in all)
        {
            var id = $"o-{practice}";
            var answer = await ApplyAsync(id, practice, settings);
            Assert.True(answer.Operation.State is OperationState.Done or OperationState.Unchanged, $"{practice}: {answer.Operation.Error}");
            Assert.Equal(OperationState.Unchanged, (await ApplyAsync(id + "-again", practice, settings)).Operation.State);
            if (answer.Operation.State == OperationState.Done)
            {
                var changed = await DefinitionAsync();
                Assert.Contains("passwd='secret'", changed, StringComparison.Ordinal);
                var undone = await UseAsync(true, e => e.UndoAsync($"u-{practice}", id, force: false).AsTask().GetAwaiter().GetResult());
                Assert.True(undone.Operation.State == OperationState.Done, undone.Operation.Error);
            }

            Assert.Equal(before, await DefinitionAsync());
        }
    }

    [Theory]
    [InlineData("q35")]
    [InlineData("pc")]
    public async Task NewControllers_OfADomainThatHasNone_GoWithAnUndo(string machine)
    {
        _libvirt.Define($"<domain type='qemu'><name>bare</name><memory unit='MiB'>32</memory><os><type arch='x86_64' machine='{machine}'>hvm</type></os><devices/></domain>");
        var before = await DefinitionAsync("bare");
        (string Practice, (string, string)[] Settings)[] all = [("agent-channel", [("enabled", "true")]), ("raw-device", [("disk", "sda"), ("device", "/dev/nosuch")])];
        foreach (var (practice, settings) in all)
        {
            var desired = new Desired(practice, settings.ToDictionary(static s => s.Item1, static s => s.Item2, StringComparer.Ordinal), Persist: true, Force: true);
            var applied = await UseAsync(true, e => e.ApplyAsync($"o-{practice}", desired).AsTask().GetAwaiter().GetResult(), "bare");
            Assert.True(applied.Operation.State == OperationState.Done, applied.Operation.Error);
            var undone = await UseAsync(true, e => e.UndoAsync($"u-{practice}", null, force: false).AsTask().GetAwaiter().GetResult(), "bare");
            Assert.True(undone.Operation.State == OperationState.Done, undone.Operation.Error);
            Assert.Equal(before, await DefinitionAsync("bare"));
        }
    }

    [Fact]
    public async Task IOThreads_AfterAPowerCycle_AreEffective()
    {
        var applied = await ApplyAsync("o1", "iothreads", ("count", "2"), ("assign", "vda=1 scsi0=2"), ("pin", "1=0 2=0"));
        Assert.Equal(Verdict.Pending, applied.Observation.Verdict);
        Assert.Contains(applied.Operation.Outcomes, static o => o is { Change: { Item: "live:iothread/2", TakesEffect: TakesEffect.Now }, State: ChangeState.Verified });

        _libvirt.Virsh("destroy", Name);
        Assert.Equal(Verdict.Configured, (await UseAsync(false, static e => e.Observe("iothreads"))).Verdict);
        _libvirt.Virsh("start", "--paused", Name);

        var observation = await UseAsync(false, static e => e.Observe("iothreads"));
        Assert.True(observation.Verdict == Verdict.Effective, observation.Reason);
        Assert.Contains(observation.Facts, static f => f is { Name: "cpus of iothread 1", Value: "0" });
    }

    [Fact]
    public async Task VirtualTpm_AfterAPowerCycle_IsEffectiveAndItsStateOutlivesAnUndo()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/swtpm"), "swtpm is not installed");
        await ApplyAsync("o1", "vtpm", ("version", "2.0"), ("model", "tpm-tis"));
        _libvirt.Virsh("destroy", Name);
        _libvirt.Virsh("start", "--paused", Name);

        var observation = await UseAsync(false, static e => e.Observe("vtpm"));
        Assert.True(observation.Verdict == Verdict.Effective, observation.Reason);
        _libvirt.Virsh("destroy", Name);
        await UseAsync(true, static e => e.UndoAsync("u1", null, force: false).AsTask().GetAwaiter().GetResult());

        Assert.Equal(Verdict.Absent, (await UseAsync(false, static e => e.Observe("vtpm"))).Verdict);
        Assert.NotEmpty(Directory.GetFiles(_libvirt.PathOf("lib/swtpm"), "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Plan_WhatThisQemuHasNot_IsRefusedByItsCapabilities()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/swtpm"), "swtpm is not installed");

        var refused = await Assert.ThrowsAsync<PracticeException>(() => ApplyAsync("o1", "vtpm", ("model", "tpm-spapr")));

        Assert.Contains("no tpm-spapr", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_LibvirtdKilledAndStartedAgain_IsDoneByTheSameConnection()
    {
        await ApplyAsync("o1", "iothreads", ("count", "1"));
        _libvirt.Kill();
        _libvirt.Start();

        var answer = await ApplyAsync("o2", "iothreads", ("count", "2"));

        Assert.Equal(OperationState.Done, answer.Operation.State);
    }

    public async ValueTask DisposeAsync()
    {
        await _clients.DisposeAsync();
        _libvirt.Dispose();
        _directory.Dispose();
    }

    private Task<OperationAnswer> ApplyAsync(string id, string practice, params (string Name, string Value)[] settings) => UseAsync(true, engine =>
        engine.ApplyAsync(id, new Desired(practice, settings.ToDictionary(static s => s.Name, static s => s.Value, StringComparer.Ordinal), Persist: true)).AsTask().GetAwaiter().GetResult());

    private Task<T> UseAsync<T>(bool changes, Func<OperationEngine, T> work, string name = Name) => _clients.Get(_libvirt.Uri, LibvirtAccess.Write).AskAsync(
        connection =>
        {
            var host = new LibvirtDomainHost(_libvirt.Uri, connection);
            using var domain = host.Find(name);
            return _journals.Use(new DomainView(host, new HostFacts(new RootedFileSystem("/")), domain), changes, work);
        },
        default,
        TimeSpan.FromMinutes(5));

    /// <summary>With its secrets, in libvirt's words.</summary>
    private Task<string> DefinitionAsync(string name = Name) => _clients.Get(_libvirt.Uri, LibvirtAccess.Write).AskAsync(
        connection =>
        {
            using var domain = connection.Find(name);
            return DomainDocument.Parse(domain.Xml(DomainXmlFlags.Inactive | DomainXmlFlags.Secure)).Canonical;
        },
        default,
        TimeSpan.FromMinutes(5));
}
