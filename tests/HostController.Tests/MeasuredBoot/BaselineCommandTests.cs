using System.Text.Json;
using GuestTune.Agent.V1;
using GuestTune.Controller.MeasuredBoot.Enrolment;
using GuestTune.Controller.Serving;
using GuestTune.Controller.Store;
using GuestTune.HostController.Tests.Fakes;

namespace GuestTune.HostController.Tests.MeasuredBoot;

/// <summary>From the command line to the TPMs of VMs and back: baselines, checks, documents.</summary>
public sealed class BaselineCommandTests
{
    private const string CommandLine = "root=UUID=1234 ro quiet";

    [Fact]
    public async Task Check_SameBootLater_IsProvenEqual()
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        vms.Boot("vm1", EditedLog.OfGrub(CommandLine));

        var saved = await vms.RunAsync("pcr", "baseline", "save", "vm1");
        Assert.Equal("", saved.Error);
        Assert.Equal("vm1: saved its baseline: 14 registers, proven, with an event log\n", saved.Out);
        vms.Boot("vm1", EditedLog.OfGrub(CommandLine));
        var (code, output, error) = await vms.RunAsync("pcr", "check", "vm1");

        Assert.Equal("", error);
        Assert.Equal("vm1: proven equal to the baseline of vm1 (14 registers)\n", output);
        Assert.Equal(0, code);
    }

    [Fact]
    public async Task Check_KernelCommandLineChanged_NamesTheToken()
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        vms.Boot("vm1", EditedLog.OfGrub(CommandLine));
        await vms.RunAsync("pcr", "baseline", "save", "vm1");
        vms.Boot("vm1", EditedLog.OfGrub(CommandLine + " cpuidle_haltpoll.force=Y"));

        var (code, output, error) = await vms.RunAsync("pcr", "check", "vm1");

        Assert.Equal(1, code);
        Assert.Equal("vm1: differs from the baseline of vm1: PCR 8\n", error);
        Assert.Contains("  PCR 8: +cpuidle_haltpoll.force=Y (event 27, kernel_cmdline)\n", output, StringComparison.Ordinal);
        Assert.Matches("  PCR 8: [0-9a-f]{64} -> [0-9a-f]{64}\n", output);
        var json = JsonDocument.Parse((await vms.RunAsync("pcr", "check", "vm1", "-o", "json")).Out).RootElement.GetProperty("vms")[0];
        Assert.False(json.GetProperty("ok").GetBoolean());
        var check = json.GetProperty("check");
        Assert.True(check.GetProperty("boot_proven").GetBoolean());
        var pcr = Assert.Single(check.GetProperty("pcrs").EnumerateArray(), p => !p.GetProperty("equal").GetBoolean());
        Assert.Equal("+cpuidle_haltpoll.force=Y", pcr.GetProperty("events")[0].GetProperty("tokens")[0].GetString());
        Assert.Equal("proven", pcr.GetProperty("after_log").GetString());
    }

    [Fact]
    public async Task Check_AgainstNameAndAgainstVm_HoldsOneAgainstTheOther()
    {
        await using var vms = await MeasuredVms.StartAsync("gold", "vm1", "vm2");
        vms.Boot("gold", EditedLog.OfGrub(CommandLine));
        vms.Boot("vm1", EditedLog.OfGrub(CommandLine));
        vms.Boot("vm2", EditedLog.OfGrub(CommandLine + " debug"));
        await vms.RunAsync("pcr", "baseline", "save", "gold", "--name", "release-1");

        var named = await vms.RunAsync("pcr", "check", "vm1", "vm2", "--against", "release-1");
        var neighbour = await vms.RunAsync("pcr", "check", "vm1", "vm2", "--against", "gold");

        Assert.Equal("vm2: differs from the baseline 'release-1': PCR 8\n", named.Error);
        Assert.Contains("vm1: proven equal to the baseline 'release-1'", named.Out, StringComparison.Ordinal);
        Assert.Equal("vm2: differs from gold now: PCR 8\n", neighbour.Error);
        Assert.Contains("vm1: proven equal to gold now", neighbour.Out, StringComparison.Ordinal);
        Assert.Contains("PCR 8: +debug (event 27, kernel_cmdline)", neighbour.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_NameIsBothAVmAndABaseline_AsksWhich()
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        vms.Boot("vm1", EditedLog.OfGrub(CommandLine));
        await vms.RunAsync("pcr", "baseline", "save", "vm1", "--name", "vm1");

        var (code, _, error) = await vms.RunAsync("pcr", "check", "vm1", "--against", "vm1");

        Assert.Equal(2, code);
        Assert.Contains("say which: vm:vm1 or baseline:vm1", error, StringComparison.Ordinal);
        Assert.Equal(0, (await vms.RunAsync("pcr", "check", "vm1", "--against", "baseline:vm1")).ExitCode);
        Assert.Equal(0, (await vms.RunAsync("pcr", "check", "vm1", "--against", "vm:vm1")).ExitCode);
    }

    [Theory]
    [InlineData("pcr check vm1", 1, "vm1: vm1 has no baseline; save one: guesttune pcr baseline save vm1")]
    [InlineData("pcr check vm1 --against nobody", 2, "there is neither a baseline nor a VM 'nobody'")]
    [InlineData("pcr check nobody", 2, "there is no VM 'nobody'")]
    [InlineData("pcr baseline show nobody", 2, "there is no baseline 'nobody'")]
    [InlineData("pcr baseline remove nobody", 2, "there is no baseline 'nobody'")]
    [InlineData("pcr baseline save vm1 vm2 --name x", 2, "the baseline 'x' is the boot of one VM, and 2 are selected")]
    [InlineData("pcr baseline save vm1 --name baseline", 2, "--name cannot be 'baseline'")]
    [InlineData("pcr baseline save vm1 --name a/b", 2, "--name cannot be 'a/b'")]
    [InlineData("pcr check vm1 --pcr 24", 2, "--pcr cannot be '24'")]
    [InlineData("pcr collect vm1", 2, "--out")]
    [InlineData("pcr collect vm1 --out - -o json", 2, "both want standard output")]
    public async Task Run_BadInput_SaysWhy(string line, int expected, string message)
    {
        await using var vms = await MeasuredVms.StartAsync("vm1", "vm2");

        var (code, _, error) = await vms.RunAsync(line.Split(' '));

        Assert.Contains(message, error, StringComparison.Ordinal);
        Assert.Equal(expected, code);
    }

    [Fact]
    public async Task Save_ThereIsOne_IsReplacedOnDemandAndAudited()
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        vms.Boot("vm1", EditedLog.OfGrub(CommandLine));
        await vms.RunAsync("pcr", "baseline", "save", "vm1");

        var refused = await vms.RunAsync("pcr", "baseline", "save", "vm1");
        var replaced = await vms.RunAsync("pcr", "baseline", "save", "vm1", "--replace");

        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("there is the baseline of vm1 already", refused.Error, StringComparison.Ordinal);
        Assert.StartsWith("vm1: replaced its baseline", replaced.Out, StringComparison.Ordinal);
        using var store = new SqliteStore(new StoreFiles(vms.StatePath), TimeProvider.System);
        var audit = await store.ListAuditAsync(10, default);
        Assert.Equal(["replaced", "saved"], audit.Where(a => a.Action == "pcr baseline save").Select(a => a.Outcome));
        Assert.All(audit, a => Assert.Equal($"user {Libc.GetEffectiveUserId()}, process {Environment.ProcessId}", a.Caller));
    }

    [Fact]
    public async Task Save_NotProven_IsRefusedOrMarkedForEver()
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        var log = EditedLog.OfGrub(CommandLine);
        var forged = EditedLog.OfGrub(CommandLine + " hidden");
        vms.Boot("vm1", forged, log.ToBytes());

        var refused = await vms.RunAsync("pcr", "baseline", "save", "vm1");
        var accepted = await vms.RunAsync("pcr", "baseline", "save", "vm1", "--unproven");
        vms.Boot("vm1", forged);
        var check = await vms.RunAsync("pcr", "check", "vm1");

        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("the boot is not proven, and so not saved: PCR 8", refused.Error, StringComparison.Ordinal);
        Assert.Contains("unauthenticated", accepted.Out, StringComparison.Ordinal);
        Assert.Equal(1, check.ExitCode);
        Assert.Contains("the baseline of vm1 was never proven", check.Error, StringComparison.Ordinal);
        Assert.Contains("unauthenticated", (await vms.RunAsync("pcr", "baseline", "show")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_ForgedLog_IsNotProven()
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        var log = EditedLog.OfGrub(CommandLine);
        vms.Boot("vm1", log);
        await vms.RunAsync("pcr", "baseline", "save", "vm1");
        vms.Boot("vm1", EditedLog.OfGrub(CommandLine + " init=/bin/sh"), log.ToBytes());

        var (code, output, error) = await vms.RunAsync("pcr", "check", "vm1");

        Assert.Equal(1, code);
        Assert.Contains("differs from the baseline of vm1: PCR 8; unauthenticated: PCR 8: the event log does not agree", error, StringComparison.Ordinal);
        Assert.Contains("PCR 8: the log of vm1 now does not give its value", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_AnotherTpm_IsNotProven()
    {
        await using var vms = await MeasuredVms.StartAsync("vm1", "vm2");
        vms.Boot("vm1", EditedLog.OfGrub(CommandLine));
        vms.Boot("vm2", EditedLog.OfGrub(CommandLine));
        await vms.RunAsync("pcr", "baseline", "save", "vm1");
        vms["vm1"].Tpm = vms["vm2"].Tpm;

        var (code, _, error) = await vms.RunAsync("pcr", "check", "vm1");

        Assert.Equal(1, code);
        Assert.Contains("equal to the baseline of vm1; unauthenticated: the quote is signed by another key than the one that is pinned", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, 0, "")]
    [InlineData(false, 1, "the quote is signed by another key than the one that is pinned for this VM")]
    public async Task Quote_AnotherControllerEnrolsTheVmMeanwhile_IsJudgedByTheKeyThatWasFirst(bool isSameKey, int expected, string said)
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        vms.Boot("vm1", EditedLog.OfGrub(CommandLine));
        byte[] key = [];
        vms["vm1"].Forge = answer =>
        {
            if (answer is QuoteResponse quote)
            {
                key = quote.AttestationKey.ToByteArray();
            }
            else if (answer is ActivateCredentialResponse)
            {
                using var other = new SqliteStore(new StoreFiles(vms.StatePath), TimeProvider.System);
                var first = new EnrolledKey { Vm = "vm1", AttestationKey = isSameKey ? key : [1], EndorsementKey = [2], EnrolledAt = DateTimeOffset.UnixEpoch, LastSeen = new TpmCounters(9, 9, 9) };
                _ = other.EnrolAsync(first, anew: false, default).AsTask().GetAwaiter().GetResult();
            }

            return answer;
        };

        var (code, output, error) = await vms.RunAsync("pcr", "quote", "vm1");

        Assert.Equal(expected, code);
        Assert.Contains(said, error, StringComparison.Ordinal);
        Assert.Contains(isSameKey ? "vm1: proven: bank sha256, key pinned" : "vm1: NOT PROVEN: bank sha256, key changed", output, StringComparison.Ordinal);
        Assert.DoesNotContain("enrolled anew", (await vms.RunAsync("audit")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Show_Baseline_TellsItsRegistersAndEvents()
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        vms.Boot("vm1", EditedLog.OfGrub(CommandLine));
        await vms.RunAsync("pcr", "baseline", "save", "vm1", "--pcr", "7-9");

        var (code, output, _) = await vms.RunAsync("pcr", "baseline", "show", "vm1");
        var list = await vms.RunAsync("pcr", "baseline", "show");
        var json = JsonDocument.Parse((await vms.RunAsync("pcr", "baseline", "show", "vm1", "-o", "json")).Out).RootElement.GetProperty("baselines")[0];

        Assert.Equal(0, code);
        Assert.Contains($"kernel_cmdline: /boot/vmlinuz-6.1 {CommandLine}", output, StringComparison.Ordinal);
        Assert.Matches("vm:vm1 +vm1 .* boot-1 +proven", list.Out);
        Assert.Equal(3, json.GetProperty("values").EnumerateObject().Count());
        Assert.Equal(0, (await vms.RunAsync("pcr", "baseline", "remove", "vm1")).ExitCode);
        Assert.Equal("no baseline was saved yet\n", (await vms.RunAsync("pcr", "baseline", "show")).Out);
    }

    [Fact]
    public async Task Check_StoreCannotBeUsed_SaysSoBeforeAnyVmIsAsked()
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        Directory.CreateDirectory(vms.StatePath);
        await File.WriteAllTextAsync(Path.Combine(vms.StatePath, "controller.db"), new string('x', 8192));

        var (code, _, error) = await vms.RunAsync("pcr", "check", "vm1");

        Assert.Equal(4, code);
        Assert.Contains("it is damaged", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Collect_ThenVerify_IsProvenOffline()
    {
        await using var vms = await MeasuredVms.StartAsync("vm1", "vm2");
        vms.Boot("vm1", EditedLog.OfGrub(CommandLine));
        vms.Boot("vm2", EditedLog.OfGrub(CommandLine));
        var folder = vms.PathOf("archive");

        var collected = await vms.RunAsync("pcr", "collect", "--all", "--out", folder);
        var (code, output, error) = await Fakes.Cli.RunAsync("pcr", "verify", Path.Combine(folder, "vm1.json"), Path.Combine(folder, "vm2.json"), "--state", vms.StatePath);

        Assert.Equal(0, collected.ExitCode);
        Assert.Equal("", error);
        Assert.Contains("vm1.json: proven: vm1, boot boot-1, collected ", output, StringComparison.Ordinal);
        Assert.Contains("event log agrees: PCR 0, 1, 2, 3, 4, 5, 6, 7, 8", output, StringComparison.Ordinal);
        Assert.Contains("taken from the controller's word", output, StringComparison.Ordinal);
        Assert.Equal(0, code);
    }

    [Fact]
    public async Task Collect_ToStandardOutput_IsOneLineAVm()
    {
        await using var vms = await MeasuredVms.StartAsync("vm1", "vm2");
        vms.Boot("vm1", EditedLog.OfGrub(CommandLine));
        vms.Boot("vm2", EditedLog.OfGrub(CommandLine));

        var (_, output, _) = await vms.RunAsync("pcr", "collect", "--all", "--out", "-");
        var file = vms.PathOf("all.jsonl");
        await File.WriteAllTextAsync(file, output);

        Assert.Equal(2, output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Equal(0, (await Fakes.Cli.RunAsync("pcr", "verify", file, "--state", vms.StatePath)).ExitCode);
    }

    [Fact]
    public async Task Run_OverTheDaemon_IsTheSameAndAuditedAsTheCaller()
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        vms.Boot("vm1", EditedLog.OfGrub(CommandLine));
        await using var daemon = await vms.ServeAsync();
        string[] there = ["--controller", $"unix://{daemon.SocketPath}"];

        Assert.Equal(0, (await Fakes.Cli.RunAsync(["pcr", "baseline", "save", "vm1", .. there])).ExitCode);
        Assert.Equal(0, (await Fakes.Cli.RunAsync(["pcr", "check", "vm1", .. there])).ExitCode);
        Assert.Equal(0, (await Fakes.Cli.RunAsync(["pcr", "collect", "vm1", "--out", vms.PathOf("archive"), .. there])).ExitCode);
        Assert.Contains("vm:vm1", (await Fakes.Cli.RunAsync(["pcr", "baseline", "show", .. there])).Out, StringComparison.Ordinal);
        Assert.Equal(2, (await Fakes.Cli.RunAsync(["pcr", "baseline", "show", "nobody", .. there])).ExitCode);

        using var store = new SqliteStore(new StoreFiles(vms.StatePath), TimeProvider.System);
        var audit = await store.ListAuditAsync(10, default);
        Assert.Equal(["pcr collect", "pcr check against the baseline of vm1", "pcr baseline save", "enrol"], audit.Select(a => a.Action));
        Assert.Equal(["proven", "proven equal", "saved", "enrolled"], audit.Select(a => a.Outcome));
        Assert.All(audit, a => Assert.Equal("daemon", a.Origin));
    }

    [Fact]
    public async Task Collect_FolderCannotBeWritten_AsksNoVm()
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        await File.WriteAllTextAsync(vms.PathOf("file"), "");

        var (code, _, error) = await vms.RunAsync("pcr", "collect", "vm1", "--out", vms.PathOf("file"));

        Assert.Equal(2, code);
        Assert.Contains("cannot be written to", error, StringComparison.Ordinal);
    }
}
