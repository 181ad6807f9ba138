using System.Diagnostics;
using GuestTune.Controller.DomainXml;
using GuestTune.Controller.DomainXml.Editing;
using GuestTune.Controller.HostPractices;
using GuestTune.Controller.Libvirt;
using GuestTune.Controller.Store;
using GuestTune.Controller.V1;
using GuestTune.HostController.Tests.Fakes;
using GuestTune.HostController.Tests.Libvirt;
using GuestTune.Practices;
using GuestTune.Practices.Files;
using GuestTune.PrivateLibvirts;
using GuestTune.Testing;
using V1Selection = GuestTune.Controller.V1.Selection;

namespace GuestTune.HostController.Tests.Domains;

/// <summary>What only a real libvirtd and QEMU can say: a definition that libvirt writes in its own words, and a domain that runs.</summary>
[Collection(SharedLibvirt.Collection)]
public sealed class RealDomainTests : IAsyncDisposable
{
    private const string Name = "real";
    private const string Bare = "bare";

    /// <summary>Of libvirt's remote_protocol.x.</summary>
    private const int GetXml = 14;
    private const int DefineDomain = 350;
    private const int AddIOThread = 355;
    private const int PinIOThread = 352;
    private const int ProtocolLimitBytes = 4 * 1024 * 1024; // REMOTE_STRING_MAX

    private readonly TemporaryDirectory _directory = new();
    private readonly LibvirtClients _clients = new(TimeProvider.System);
    private readonly PrivateLibvirt _libvirt;
    private readonly DomainJournals _journals;

    public RealDomainTests(SharedLibvirt shared)
    {
        _libvirt = shared.Take();
        _journals = new DomainJournals(_directory.PathOf("domains"), TimeProvider.System);
        File.WriteAllBytes(_directory.PathOf("a.raw"), new byte[1024 * 1024]);
        try
        {
            _libvirt.Run(Name, $"""
                <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='{_directory.PathOf("a.raw")}'/><target dev='vda' bus='virtio'/></disk>
                <controller type='scsi' index='0' model='virtio-scsi'/>
                <controller type='virtio-serial' index='0'/>
                <graphics type='vnc' passwd='secret'><listen type='none'/></graphics>
                """);
        }
        catch
        {
            Clean();
            throw;
        }
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
                var undone = await UndoAsync($"u-{practice}", id);
                Assert.True(undone.Operation.State == OperationState.Done, undone.Operation.Error);
            }

            Assert.Equal(before, await DefinitionAsync());
        }
    }

    [Theory]
    [InlineData("q35")]
    [InlineData("pc")]
    public async Task Practices_OfADomainThatHasNothingOfThem_GoWithAnUndo(string machine)
    {
        _libvirt.Define($"""
            <domain type='qemu'><name>{Bare}</name><memory unit='MiB'>32</memory><cputune><vcpupin vcpu='0' cpuset='0'/></cputune>
              <os><type arch='x86_64' machine='{machine}'>hvm</type></os><cpu mode='host-passthrough'/><devices/></domain>
            """);
        var before = await DefinitionAsync(Bare);
        (string Practice, (string, string)[] Settings, string Shows)[] all =
        [
            ("agent-channel", [("enabled", "true")], "org.guesttune.agent.0"),
            ("raw-device", [("disk", "sda"), ("device", "/dev/nosuch")], "dev='/dev/nosuch'"),
            ("static-hugepages", [("size", "2M")], "<hugepages>"),
            ("dedicated-hint", [("enabled", "true"), ("poll-control", "true")], "<hint-dedicated state='on'>"),
            ("svirt", [("label", "dynamic")], "model='selinux'"),
        ];
        foreach (var (practice, settings, shows) in all)
        {
            var forced = Desire(practice, settings) with { Force = true };
            var applied = await UseAsync(true, e => e.ApplyAsync($"o-{practice}", forced).AsTask().GetAwaiter().GetResult(), Bare);
            Assert.True(applied.Operation.State == OperationState.Done, $"{practice}: {applied.Operation.Error}");
            Assert.Contains(shows, await DefinitionAsync(Bare), StringComparison.Ordinal);
            var again = await UseAsync(true, e => e.ApplyAsync($"o-{practice}-again", forced).AsTask().GetAwaiter().GetResult(), Bare);
            Assert.Equal(OperationState.Unchanged, again.Operation.State);
            var undone = await UndoAsync($"u-{practice}", $"o-{practice}", Bare);
            Assert.True(undone.Operation.State == OperationState.Done, undone.Operation.Error);
            Assert.Equal(before, await DefinitionAsync(Bare));
        }
    }

    [Fact]
    public async Task Plans_WhatLibvirtOrTheHostHasNot_AreRefusedWithIt()
    {
        Assert.Contains("libvirt has this hint with <cpu mode='host-passthrough'/> only", await RefusalAsync("dedicated-hint", ("enabled", "true")), StringComparison.Ordinal);
        Assert.Contains("32 MiB of memory are no whole number of pages of 1G", await RefusalAsync("static-hugepages", ("size", "1G")), StringComparison.Ordinal);
        Assert.Matches("^the definition has a label of the security model selinux, and libvirt has .* on this host: the domain would not start", await RefusalAsync("svirt", ("label", "dynamic")));
    }

    [Fact]
    public async Task PollControl_AfterAPowerCycle_IsWhatQemuIsGiven()
    {
        await ApplyAsync("o1", "dedicated-hint", ("poll-control", "true"));
        _libvirt.Virsh("destroy", Name);
        _libvirt.Virsh("start", "--paused", Name);

        Assert.True(QemuProcess.All(new RootedFileSystem("/"))[Guid.Parse(_libvirt.Virsh("domuuid", Name))].HasArgument(",kvm-poll-control=on"));
        await UndoAsync("u1");
        Assert.DoesNotContain("poll-control", await DefinitionAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_TransientDomain_IsRefused()
    {
        _libvirt.Virsh("create", "--paused", _directory.File("transient.xml", $"<domain type='qemu'><name>{Bare}</name><memory unit='MiB'>32</memory><os><type arch='x86_64' machine='q35'>hvm</type></os></domain>"));

        try
        {
            var e = await Assert.ThrowsAsync<PracticeException>(() => UseAsync(true, static engine => engine.ApplyAsync("o1", Desire("iothreads", ("count", "1"))).AsTask().GetAwaiter().GetResult(), Bare));

            Assert.Equal($"{Bare} is transient: it has no definition that could be changed; define it first (virsh define)", e.Message);
            Assert.Equal(Verdict.Absent, (await UseAsync(false, static engine => engine.Observe("iothreads"), Bare)).Verdict);
        }
        finally
        {
            _libvirt.Virsh("destroy", Bare);
        }
    }

    [Fact]
    public async Task Apply_DomainBeingDumped_IsRefusedUntilThatIsDone()
    {
        var fifo = _directory.PathOf("fifo");
        Process.Start("mkfifo", fifo).WaitForExit();
        using var reader = new FileStream(fifo, FileMode.Open, FileAccess.ReadWrite);
        var dumping = Task.Run(() => _libvirt.Virsh("dump", "--memory-only", Name, fifo));

        // The first byte comes from a job that has begun, and the last ones of 32 MiB fit into no buffer on the way here.
        reader.ReadExactly(new byte[1]);
        var refusal = await RefusalAsync("iothreads", ("count", "1"));
        using var stop = new CancellationTokenSource();
        var draining = reader.CopyToAsync(Stream.Null, stop.Token);
        await dumping;
        await stop.CancelAsync();

        Assert.Equal($"{Name} is being migrated, saved or copied; try again when that is done (virsh domjobinfo {Name})", refusal);
        Assert.Equal(OperationState.Done, (await ApplyAsync("o2", "iothreads", ("count", "1"))).Operation.State);
    }

    [Fact]
    public async Task Calls_DefinitionThatLibvirtCannotHandOver_NameItAndOtherDomainsAreStillThere()
    {
        // With what libvirt adds to it, it is larger than it was.
        _libvirt.Define(Large(ProtocolLimitBytes - 1000));
        _libvirt.Virsh("start", "--paused", Bare);

        var e = await Assert.ThrowsAsync<LibvirtException>(() => UseAsync(false, static engine => engine.Observe("iothreads"), Bare));
        var refusal = await RefusalAsync("raw-device", ("disk", "sda"), ("device", "/dev/nosuch"));
        var client = _clients.Get(_libvirt.Uri, LibvirtAccess.Write);
        var definitions = await client.RunAsync(new LibvirtDomainHost(client).Definitions, default, TimeSpan.FromMinutes(5));
        Assert.Empty(new LibvirtDomainHugepages(_libvirt.Uri, static () => true, new PatientTime()).Read(out var problem));
        var vms = await new LibvirtVmSource(_clients.Get(_libvirt.Uri, LibvirtAccess.Read), TimeSpan.FromMinutes(5)).ListAsync(default);

        Assert.Equal((LibvirtErrorCode.Rpc, "Unable to encode message payload"), (e.Code, e.Message));
        const string TooLarge = "libvirt cannot hand over its definition, which is too large: Unable to encode message payload";
        Assert.Equal($"whether /dev/nosuch is a disk of {Bare} already is not known: {TooLarge}", refusal);
        Assert.Equal([(Bare, false, TooLarge), (Name, true, null), (Name, true, null)], definitions.Where(static d => IsOurs(d.Name)).Select(static d => (d.Name, d.Xml is not null, d.Problem)).Order());
        Assert.Equal($"libvirt cannot hand over the definition of {Bare}, which is too large: Unable to encode message payload", problem);
        Assert.Equal([Bare, Name], vms.Select(static v => v.Name).Where(IsOurs).Order(StringComparer.Ordinal));
        Assert.StartsWith("libvirt cannot hand over the domain's XML, which is too large", vms.Single(static v => v.Name == Bare).Problem, StringComparison.Ordinal);

        // Other tests have domains of theirs on the same libvirt.
        static bool IsOurs(string name) => name is Bare or Name;
    }

    [Fact]
    public async Task Apply_DefinitionAtTheLimitOfLibvirtsProtocol_IsChangedBelowAndLeftAloneAtIt()
    {
        _libvirt.Define(Large(ProtocolLimitBytes - 100_000));
        var before = await DefinitionAsync(Bare);
        var applied = await UseAsync(true, static e => e.ApplyAsync("o1", Desire("iothreads", ("count", "2"), ("pin", "1=0"))).AsTask().GetAwaiter().GetResult(), Bare);
        Assert.True(applied.Operation.State == OperationState.Done, applied.Operation.Error);
        var undone = await UndoAsync("u1", null, Bare);
        Assert.True(undone.Operation.State == OperationState.Done, undone.Operation.Error);
        Assert.Equal(before, await DefinitionAsync(Bare));

        // Hardly any room is left for a change.
        var size = _libvirt.Virsh("dumpxml", "--inactive", Bare).Length;
        _libvirt.Define(Large(ProtocolLimitBytes - 100_000 + ProtocolLimitBytes - size - 100));
        before = await DefinitionAsync(Bare);
        var failed = await UseAsync(true, static e => e.ApplyAsync("o2", Desire("iothreads", ("count", "2"), ("pin", "1=0"))).AsTask().GetAwaiter().GetResult(), Bare);
        Assert.Equal((OperationState.Failed, "xml:iothreads/text(): libvirt does not take the definition: Unable to encode message payload"), (failed.Operation.State, failed.Operation.Error));
        Assert.Equal(before, await DefinitionAsync(Bare));
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
        StartWithTpm();

        var observation = await UseAsync(false, static e => e.Observe("vtpm"));
        Assert.True(observation.Verdict == Verdict.Effective, observation.Reason);
        _libvirt.Virsh("destroy", Name);
        await UndoAsync("u1");

        Assert.Equal(Verdict.Absent, (await UseAsync(false, static e => e.Observe("vtpm"))).Verdict);
        Assert.NotEmpty(Directory.GetFiles(_libvirt.PathOf($"lib/swtpm/{_libvirt.Virsh("domuuid", Name).Trim()}"), "*", SearchOption.AllDirectories));
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

    [Fact]
    public async Task Write_LibvirtdStartedAnewAfterTheLook_DefinesNothing()
    {
        var before = await DefinitionAsync();
        var client = _clients.Get(_libvirt.Uri, LibvirtAccess.Write);
        await client.RunAsync(
            () =>
            {
                var host = new LibvirtDomainHost(client);
                using var domain = host.Find(Name);
                var view = new DomainView(host, new HostFacts(new RootedFileSystem("/")), domain);
                var writer = new DefinitionWriter(view, _ =>
                {
                    _libvirt.Kill();
                    _libvirt.Start();

                    // Over a new connection.
                    host.Capabilities();
                });
                return Assert.Throws<UncertainWriteException>(() => new DefinitionKnob(view, writer, new DomainPath("iothreads/text()"), null).Write("3"));
            },
            default,
            TimeSpan.FromMinutes(5));

        Assert.Equal(before, await DefinitionAsync());
    }

    [Theory]
    [InlineData(DefineDomain, true, OperationState.Done)]
    [InlineData(DefineDomain, false, OperationState.Failed)]
    [InlineData(AddIOThread, true, OperationState.Done)]
    [InlineData(AddIOThread, false, OperationState.Failed)]
    [InlineData(PinIOThread, true, OperationState.Done)]
    [InlineData(GetXml, true, OperationState.Done)]
    public async Task Apply_LibvirtdKilledInTheMiddleOfACall_EndsByWhatItHadDone(int procedure, bool isDone, OperationState expected)
    {
        var before = await DefinitionAsync();
        using var proxy = new LibvirtProxy(_libvirt.PathOf("libvirt-sock"), _directory.PathOf("proxy"));
        await using var client = new LibvirtClient($"qemu+unix:///system?socket={proxy.Path}", LibvirtAccess.Write, TimeProvider.System);
        (proxy.StopsAt, proxy.StopsAfterwards) = (procedure, isDone);
        proxy.WhenStopped = () =>
        {
            _libvirt.Kill();
            _libvirt.Start();
        };

        var applied = await UseAsync(client, Name, e => e.ApplyAsync("o1", Desire("iothreads", ("count", "2"), ("assign", "vda=1 scsi0=2"), ("pin", "1=0 2=0"))).AsTask().GetAwaiter().GetResult());

        Assert.Equal(0, proxy.StopsAt);
        Assert.True(applied.Operation.State == expected, applied.Operation.Error);
        if (isDone)
        {
            Assert.Equal(OperationState.Unchanged, (await ApplyAsync("o2", "iothreads", ("count", "2"), ("assign", "vda=1 scsi0=2"), ("pin", "1=0 2=0"))).Operation.State);
            var undone = await UndoAsync("u1", "o1");
            Assert.True(undone.Operation.State == OperationState.Done, undone.Operation.Error);
        }
        else
        {
            Assert.EndsWith("it was not changed", applied.Operation.Error, StringComparison.Ordinal);
        }

        Assert.Equal(before, await DefinitionAsync());
        Assert.DoesNotContain("iothread", _libvirt.Virsh("dumpxml", Name).Replace("iothreadpin", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_LibvirtdDoesNotComeBack_IsSettledByALaterCallAndCanBeUndone()
    {
        var before = await DefinitionAsync();
        using var proxy = new LibvirtProxy(_libvirt.PathOf("libvirt-sock"), _directory.PathOf("proxy")) { StopsAt = DefineDomain, StopsAfterwards = true, WhenStopped = _libvirt.Kill };
        Directory.CreateDirectory(_directory.PathOf("state"));
        var store = new SqliteStore(new StoreFiles(_directory.PathOf("state")), TimeProvider.System);
        await using var tuning = new DomainTuning(
            new LibvirtClients(new ImpatientTime()), $"qemu+unix:///system?socket={proxy.Path}", new RootedFileSystem("/"), _directory.PathOf("state"), store, TimeProvider.System);
        var selection = new V1Selection { Names = { Name } };
        var pace = new Pace { TimeoutMs = 300_000 };
        var desired = new Practice.V1.Desired { Practice = "iothreads", Settings = { ["count"] = "1" }, Persist = true };

        var lost = await LastAsync(tuning.ApplyAsync(new ApplyDomainRequest { Selection = selection, Pace = pace, Desired = desired, OperationId = "o1" }, default));

        Assert.StartsWith("libvirt: what operation o1 changed is not known: libvirt went away before it said whether it took the definition, and it cannot be read back: ", lost.Error.Message, StringComparison.Ordinal);
        Assert.EndsWith("when it is back, the same command with the operation's id does what is left, or 'guesttune vm history' ends it by what is there", lost.Error.Message, StringComparison.Ordinal);
        _libvirt.Start();
        var history = await LastAsync(tuning.HistoryAsync(new HistoryRequest { Selection = selection, Pace = pace }, default));
        var settled = Assert.Single(history.History.Operations);
        Assert.Equal((Practice.V1.OperationState.Failed, "cut off in the middle: changed: xml:iothreads/text(); not changed: live:iothread/1"), (settled.State, settled.Error));
        var undone = await LastAsync(tuning.UndoAsync(new UndoRequest { Selection = selection, Pace = pace, OperationId = "u1" }, default));
        Assert.Equal(Practice.V1.OperationState.Done, undone.Undo.Operation.State);
        Assert.Equal(before, await DefinitionAsync());
    }

    public async ValueTask DisposeAsync()
    {
        await _clients.DisposeAsync();
        Clean();
    }

    private void Clean()
    {
        _libvirt.EnsureRunning();
        foreach (var name in _libvirt.Virsh("list", "--all", "--name").Split('\n', StringSplitOptions.RemoveEmptyEntries).Intersect([Name, Bare], StringComparer.Ordinal))
        {
            _libvirt.Remove(name);
        }

        _directory.Dispose();
    }

    /// <summary>libvirt gives up on an swtpm that has not made its socket within a second (qemu_tpm.c, qemuTPMEmulatorStart): as its user would, it is asked again.</summary>
    private void StartWithTpm()
    {
        while (true)
        {
            try
            {
                _libvirt.Virsh("start", "--paused", Name);
                return;
            }
            catch (IOException e) when (e.Message.Contains("swtpm socket did not show up", StringComparison.Ordinal))
            {
            }
        }
    }

    private static Desired Desire(string practice, params (string Name, string Value)[] settings) =>
        new(practice, settings.ToDictionary(static s => s.Name, static s => s.Value, StringComparer.Ordinal), Persist: true);

    private Task<OperationAnswer> ApplyAsync(string id, string practice, params (string Name, string Value)[] settings) =>
        UseAsync(true, engine => engine.ApplyAsync(id, Desire(practice, settings)).AsTask().GetAwaiter().GetResult());

    private static string Large(int sizeBytes) =>
        $"<domain type='qemu'><name>{Bare}</name><uuid>5f0b6a0e-5a10-4c1b-9f5e-0c0f0e0d0c0b</uuid><metadata><x:x xmlns:x='urn:x'>{new string('x', sizeBytes)}</x:x></metadata><memory unit='MiB'>32</memory><os><type arch='x86_64' machine='q35'>hvm</type></os></domain>";

    private async Task<string> RefusalAsync(string practice, params (string Name, string Value)[] settings) =>
        (await Assert.ThrowsAsync<PracticeException>(() => ApplyAsync("refused", practice, settings))).Message;

    private Task<OperationAnswer> UndoAsync(string id, string? target = null, string name = Name) =>
        UseAsync(true, e => e.UndoAsync(id, target, force: false).AsTask().GetAwaiter().GetResult(), name);

    private Task<T> UseAsync<T>(bool changes, Func<OperationEngine, T> work, string name = Name) => UseAsync(_clients.Get(_libvirt.Uri, LibvirtAccess.Write), name, work, changes);

    private Task<T> UseAsync<T>(LibvirtClient client, string name, Func<OperationEngine, T> work, bool changes = true) => client.RunAsync(
        () =>
        {
            var host = new LibvirtDomainHost(client);
            using var domain = host.Find(name);
            return _journals.Use(new DomainView(host, new HostFacts(new RootedFileSystem("/")), domain), changes, work);
        },
        default,
        TimeSpan.FromMinutes(5));

    private static async Task<VmEvent> LastAsync(IAsyncEnumerable<VmEvent> events)
    {
        VmEvent? last = null;
        await foreach (var one in events)
        {
            last = one;
        }

        return last!;
    }

    /// <summary>With its secrets, in libvirt's words; asked again where the connection is found lost only now, since the daemon was started anew.</summary>
    private Task<string> DefinitionAsync(string name = Name)
    {
        var client = _clients.Get(_libvirt.Uri, LibvirtAccess.Write);
        return client.RunAsync(
            () =>
            {
                using var domain = new LibvirtDomainHost(client).Find(name);
                return DomainDocument.Parse(domain.Xml(DomainXmlFlags.Inactive | DomainXmlFlags.Secure)).Canonical;
            },
            default,
            TimeSpan.FromMinutes(5));
    }

    /// <summary>More has always passed than anybody waits for.</summary>
    private sealed class ImpatientTime : TimeProvider
    {
        private long _hours;

        public override long GetTimestamp() => Interlocked.Increment(ref _hours) * 3600 * TimestampFrequency;
    }
}
