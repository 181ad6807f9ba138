using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using GuestTune.Agent.V1;
using GuestTune.HostController.Tests.Fakes;
using GuestTune.MeasuredBoot.EventLog;
using GuestTune.Practice.V1;

namespace GuestTune.HostController.Tests.MeasuredBoot;

/// <summary>Changes of this host's own whose start nobody can predict: named as that, and what was predicted before them counts no more.</summary>
public sealed class UnpredictedChangeTests
{
    private static readonly string[] Add = ["set", "kernel-arguments", "vm1", "--argument", "nohz=off", "--operation-id", "op1"];
    private static readonly string[] Remove = ["set", "kernel-arguments", "vm1", "--remove", "nohz", "--operation-id", "op2"];

    private const string NotSeen = "it was not seen being made: the guest says that it had nothing to change, and what counted before is otherwise";

    [Theory]
    [InlineData("shows no files", "the boot loader is not GRUB")]
    [InlineData("did nothing", NotSeen)]
    [InlineData("answers as if repeated", NotSeen)]
    public async Task Set_TakesAChangeAwayAndIsNotProven_WhatWasPredictedCountsNoMore(string guestDoes, string reason)
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        var guest = await GrubGuest.SaveBaselineAsync(vms);
        var agent = vms.AgentOf("vm1");
        await vms.RunAsync(Add);
        guest.Start();
        Assert.Equal(0, (await vms.RunAsync("pcr", "check", "vm1")).ExitCode);
        var changed = guest.Files[GrubGuest.Menu];
        guest.Write = _ => changed;
        vms["vm1"].BootFiles = guestDoes is "shows no files" ? null : vms["vm1"].BootFiles;
        agent.ItemPrefix = "boot:";
        agent.Forge = answer =>
        {
            if (answer is ApplyResponse apply && guestDoes is not "shows no files")
            {
                answer = apply = new ApplyResponse(apply) { RepeatedAnswer = guestDoes is "answers as if repeated" };
                apply.Operation.Outcomes.Clear();
            }

            return answer;
        };

        var set = await vms.RunAsync(Remove);
        var running = await vms.RunAsync("pcr", "check", "vm1");
        guest.Start();
        var (code, _, error) = await vms.RunAsync("pcr", "check", "vm1");

        Assert.Contains($"vm1: measured boot: cannot predict, so pcr check will differ: {reason}\n", set.Out, StringComparison.Ordinal);
        Assert.Equal(0, running.ExitCode);
        Assert.Equal((1, $"vm1: differs from the baseline of vm1: PCR 8, 9; GuestTune's change op2 (-nohz) was not predicted: {reason}\n"), (code, error));
    }

    [Fact]
    public async Task Set_RepeatedAfterTheControllerDiedOverIt_IsNamed()
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        var guest = await GrubGuest.SaveBaselineAsync(vms);
        var agent = vms.AgentOf("vm1");
        agent.Forge = static answer => answer is ApplyResponse ? throw new RpcException(new Status(StatusCode.Internal, "torn")) : answer;
        Assert.Equal(1, (await vms.RunAsync(Add)).ExitCode);
        agent.Forge = static answer => answer;

        var set = await vms.RunAsync(Add);
        guest.Start();
        var (code, _, error) = await vms.RunAsync("pcr", "check", "vm1");

        Assert.Contains($"vm1: measured boot: cannot predict, so pcr check will differ: {NotSeen}\n", set.Out, StringComparison.Ordinal);
        Assert.Equal((1, $"vm1: differs from the baseline of vm1: PCR 8, 9; GuestTune's change op1 (+nohz=off) was not predicted: {NotSeen}\n"), (code, error));
    }

    [Fact]
    public async Task Set_TimedOutAndRepeatedAfterARestart_IsPredictedFromTheStartThatRuns()
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        var guest = await GrubGuest.SaveBaselineAsync(vms);
        await using var daemon = await vms.ServeAsync();
        string[] there = ["--controller", $"unix://{daemon.SocketPath}"];
        string[] add = ["set", "kernel-arguments", "vm1", "--argument", "audit=0", "--operation-id", "op2", .. there];
        await Fakes.Cli.RunAsync([.. Add, .. there]);
        guest.Start();
        Assert.Equal(0, (await Fakes.Cli.RunAsync(["pcr", "check", "vm1", .. there])).ExitCode);
        var agent = vms.AgentOf("vm1");
        agent.Before = static (call, _) => call is "Apply" ? throw new RpcException(new Status(StatusCode.DeadlineExceeded, "late")) : Task.CompletedTask;
        Assert.Equal(1, (await Fakes.Cli.RunAsync(add)).ExitCode);
        agent.Before = static (_, _) => Task.CompletedTask;
        guest.Start();

        var repeated = await Fakes.Cli.RunAsync(add);
        var running = await Fakes.Cli.RunAsync(["pcr", "check", "vm1", .. there]);
        guest.Start();
        var next = await Fakes.Cli.RunAsync(["pcr", "check", "vm1", .. there]);

        Assert.Contains("predicted: the baseline of vm1 with GuestTune's change op2 (+audit=0)\n", repeated.Out, StringComparison.Ordinal);
        Assert.Equal((0, "vm1: proven equal to the baseline of vm1 with GuestTune's change op1 (+nohz=off) (14 registers)\n"), (running.ExitCode, running.Out));
        Assert.Equal((0, "vm1: proven equal to the baseline of vm1 with GuestTune's change op2 (+audit=0) (14 registers)\n"), (next.ExitCode, next.Out));
    }

    [Fact]
    public async Task Undo_TpmHangs_IsMadeAllTheSame()
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        var guest = await GrubGuest.SaveBaselineAsync(vms);
        await vms.RunAsync(Add);
        vms["vm1"].BeforeQuote = static context => Task.Delay(Timeout.Infinite, context.CancellationToken);

        var (code, output, error) = await vms.RunAsync("undo", "vm1", "--operation-id", "op2", "--timeout", "120");
        vms["vm1"].BeforeQuote = static _ => Task.CompletedTask;
        guest.Start();
        var check = await vms.RunAsync("pcr", "check", "vm1");

        Assert.Equal((0, ""), (code, error));
        Assert.Contains("vm1: measured boot: predicted: back to the baseline of vm1, if the guest did it, which was not seen: the guest's TPM and boot files were not read within ", output, StringComparison.Ordinal);
        Assert.Contains("Undo", vms.AgentOf("vm1").Calls);
        Assert.Equal((0, "vm1: proven equal to the baseline of vm1 (14 registers)\n"), (check.ExitCode, check.Out));
    }

    [Fact]
    public async Task Set_UndoneWhileTheGuestStallsItsPrediction_IsNotPredicted()
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        var guest = await GrubGuest.SaveBaselineAsync(vms);
        await using var daemon = await vms.ServeAsync();
        string[] there = ["--controller", $"unix://{daemon.SocketPath}"];
        vms.AgentOf("vm1").Forge = static answer =>
        {
            if (answer is UndoResponse undo)
            {
                undo.Operation.Outcomes.Add(new ChangeOutcome { Change = new Change { Item = "boot:nohz" }, State = ChangeState.Reverted });
            }

            return answer;
        };
        var changed = "";
        var shown = 0;
        guest.Show = files =>
        {
            if (Interlocked.Increment(ref shown) == 2)
            {
                changed = guest.Files[GrubGuest.Menu];
                Assert.Equal(0, Fakes.Cli.RunAsync(["undo", "vm1", "--operation", "op1", "--operation-id", "op2", .. there]).GetAwaiter().GetResult().ExitCode);
            }

            return files;
        };

        var set = await Fakes.Cli.RunAsync([.. Add, .. there]);
        guest.Files[GrubGuest.Menu] = changed;
        guest.Start();
        var (code, _, error) = await vms.RunAsync("pcr", "check", "vm1");

        Assert.Contains("cannot predict, so pcr check will differ: another operation, or a new baseline, came between", set.Out, StringComparison.Ordinal);
        Assert.Equal((1, "vm1: differs from the baseline of vm1: PCR 8, 9; GuestTune's change op1 (+nohz=off) was not predicted: another operation, or a new baseline, came between\n"), (code, error));
    }

    [Fact]
    public async Task Set_AsIsPredictedAlready_TheOlderPredictionCounts()
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        var guest = await GrubGuest.SaveBaselineAsync(vms);
        await vms.RunAsync(Add);
        guest.Start();
        guest.Write = static menu => menu.Replace("nohz=off nohz=off", "nohz=off", StringComparison.Ordinal);

        var again = await vms.RunAsync([.. Add[..^1], "op2"]);
        guest.Start();
        var check = await vms.RunAsync("pcr", "check", "vm1");

        Assert.DoesNotContain("measured boot", again.Out, StringComparison.Ordinal);
        Assert.Equal((0, "vm1: proven equal to the baseline of vm1 with GuestTune's change op1 (+nohz=off) (14 registers)\n"), (check.ExitCode, check.Out));
    }

    [Fact]
    public async Task Undo_OfTheOlderOfTwoChangesAndNotProven_TheNewerPredictionCountsNoMore()
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        var guest = await GrubGuest.SaveBaselineAsync(vms);
        await vms.RunAsync(Add);
        await vms.RunAsync("set", "kernel-arguments", "vm1", "--argument", "audit=0", "--operation-id", "op2");
        guest.Start();
        Assert.Equal(0, (await vms.RunAsync("pcr", "check", "vm1")).ExitCode);
        var changed = guest.Files[GrubGuest.Menu];
        guest.Write = _ => changed;
        vms["vm1"].BootFiles = null;

        await vms.RunAsync("undo", "vm1", "--operation", "op1", "--operation-id", "op3");
        guest.Start();
        var (code, _, error) = await vms.RunAsync("pcr", "check", "vm1");
        var shown = await vms.RunAsync("pcr", "baseline", "show", "vm1");

        Assert.Equal((1, "vm1: differs from the baseline of vm1: PCR 8, 9; GuestTune's undo op3 (-nohz) was not predicted: the boot loader is not GRUB\n"), (code, error));
        Assert.Matches("(?m)^with GuestTune's undo op3 \\(-nohz\\) +pending, not predicted: the boot loader is not GRUB .* and later +- +-$", shown.Out);
        Assert.Matches("(?m)^with GuestTune's change op2 \\(\\+audit=0\\) +superseded .* [0-9a-f]{64} +[0-9a-f]{64}$", shown.Out);
        Assert.Matches("(?m)^with GuestTune's change op1 \\(\\+nohz=off\\) +withdrawn ", shown.Out);
    }

    [Fact]
    public async Task Set_AfterOneThatWasNotPredicted_IsPredictedAgainOnceAStartIsProvenToBeWithoutIt()
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        var guest = await GrubGuest.SaveBaselineAsync(vms);
        var (files, menu) = (vms["vm1"].BootFiles, guest.Files[GrubGuest.Menu]);
        vms.AgentOf("vm1").ItemPrefix = "boot:";
        vms["vm1"].BootFiles = null;
        await vms.RunAsync(Add);
        vms["vm1"].BootFiles = files;

        var pending = await vms.RunAsync("set", "kernel-arguments", "vm1", "--argument", "audit=0", "--operation-id", "op2");
        guest.Files[GrubGuest.Menu] = menu;
        guest.Start();
        var predicted = await vms.RunAsync("set", "kernel-arguments", "vm1", "--argument", "quiet=1", "--operation-id", "op3");

        Assert.Contains("cannot predict, so pcr check will differ: what GuestTune's change op1 (+nohz=off) made of the next start was not predicted either", pending.Out, StringComparison.Ordinal);
        Assert.Contains("vm1: measured boot: predicted: the baseline of vm1 with GuestTune's change op3 (+quiet=1)\n", predicted.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_StartIsTheBaselineAlthoughAChangeIsInForce_SaysSo()
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        var guest = await GrubGuest.SaveBaselineAsync(vms);
        var menu = guest.Files[GrubGuest.Menu];
        await vms.RunAsync(Add);
        guest.Files[GrubGuest.Menu] = menu;

        guest.Start();
        var (code, output, _) = await vms.RunAsync("pcr", "check", "vm1");

        Assert.Equal((0, "vm1: proven equal to the baseline of vm1 (14 registers)\n  GuestTune's change op1 (+nohz=off) is in force, and this start is without it\n"), (code, output));
    }

    [Fact]
    public async Task Set_SystemdBoot_CannotPredictAndCheckNamesTheChange()
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        vms.AgentOf("vm1").ItemPrefix = "boot:";
        Start("root=1 ro");
        await vms.RunAsync("pcr", "baseline", "save", "vm1");

        var set = await vms.RunAsync(Add);
        var before = await vms.RunAsync("pcr", "check", "vm1");
        Start("root=1 ro nohz=off");
        var (code, _, error) = await vms.RunAsync("pcr", "check", "vm1");
        var json = JsonDocument.Parse((await vms.RunAsync("pcr", "check", "vm1", "-o", "json")).Out).RootElement.GetProperty("vms")[0].GetProperty("check");

        const string reason = "it was not GRUB that measured the command line: systemd-boot and unified kernel images measure it into PCR 12, and the kernel's EFI stub into 9, and nothing that they read it from";
        Assert.Contains($"vm1: measured boot: cannot predict, so pcr check will differ: {reason}\n", set.Out, StringComparison.Ordinal);
        Assert.Equal(0, before.ExitCode);
        Assert.Equal((1, $"vm1: differs from the baseline of vm1: PCR 9, 12; GuestTune's change op1 (+nohz=off) was not predicted: {reason}\n"), (code, error));
        Assert.StartsWith("GuestTune's change op1 (+nohz=off) was not predicted", Assert.Single(json.GetProperty("unpredicted").EnumerateArray()).GetString(), StringComparison.Ordinal);

        void Start(string line)
        {
            var (log, options) = (EditedLog.Of("ovmf-direct-kernel"), Encoding.Unicode.GetBytes(line + "\0"));
            log.Events.Add(EditedLog.Entry.Hashing(12, EventType.Ipl, options, options));
            log.Events.Add(EditedLog.Entry.Hashing(9, EventType.EventTag, "LOADED_IMAGE::LoadOptions"u8.ToArray(), options));
            vms.Boot("vm1", log);
        }
    }

    [Fact]
    public async Task Reboot_TrialThatCannotBePredicted_IsNamedAtThatStartAndAtNoLaterOne()
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        var guest = await GrubGuest.SaveBaselineAsync(vms);
        var boot = vms.AgentOf("vm1").Boot;
        guest.Show = files =>
        {
            files.Files.Remove(files.Files.Single(static f => f.Path == GrubGuest.Environment));
            return files;
        };

        var reboot = await vms.RunAsync("reboot", "vm1", "--operation-id", "r1");
        var trial = await vms.RunAsync("pcr", "check", "vm1");
        guest.Extra = "insmod other";
        guest.Start();
        var later = await vms.RunAsync("pcr", "check", "vm1");

        const string said = "the boot trial of GuestTune's operation r1 was not predicted: there is no /boot/grub/grubenv";
        Assert.Equal((0, BootTrialState.None), (reboot.ExitCode, boot.Trial.State));
        Assert.Contains("cannot predict, so pcr check will differ: there is no /boot/grub/grubenv", reboot.Out, StringComparison.Ordinal);
        Assert.Equal((1, $"vm1: differs from the baseline of vm1: PCR 8, 9; {said}\n"), (trial.ExitCode, trial.Error));
        Assert.Equal((1, "vm1: differs from the baseline of vm1: PCR 8\n"), (later.ExitCode, later.Error));
    }

    [Fact]
    public async Task SetWithReboot_GuestShowsItsOldMenuBeforeTheTrialAndStartsIt_Fails()
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        var guest = await GrubGuest.SaveBaselineAsync(vms);
        var (boot, old, shown) = (vms.AgentOf("vm1").Boot, guest.Files[GrubGuest.Menu], 0);
        var honest = boot.OnRestart;
        guest.Show = files =>
        {
            files.Files.Single(static f => f.Path == GrubGuest.Menu).Content = ByteString.CopyFromUtf8(++shown < 3 ? guest.Files[GrubGuest.Menu] : old);
            return files;
        };
        boot.OnRestart = () =>
        {
            guest.Files[GrubGuest.Menu] = old;
            honest();
        };

        var (code, _, error) = await vms.RunAsync([.. Add, "--reboot"]);
        var check = await vms.RunAsync("pcr", "check", "vm1");

        Assert.Equal(3, shown);
        Assert.Equal(1, code);
        Assert.StartsWith("vm1: it was not started as predicted: it is not with GuestTune's change op1 (+nohz=off) (what could not be predicted: /boot/grub/grub.cfg is not what GRUB measured at", error, StringComparison.Ordinal);
        Assert.Equal(1, check.ExitCode);
        Assert.Contains("GuestTune's change op1 (+nohz=off) is in force, and this start is without it", check.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Set_GuestShowsAndStartsAMenuWithoutTheChangeBefore_IsNotPredictedAndDiffers()
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        var guest = await GrubGuest.SaveBaselineAsync(vms);
        var old = guest.Files[GrubGuest.Menu];
        await vms.RunAsync(Add);
        guest.Start();
        Assert.Equal(0, (await vms.RunAsync("pcr", "check", "vm1")).ExitCode);
        guest.Files[GrubGuest.Menu] = old;

        var set = await vms.RunAsync("set", "kernel-arguments", "vm1", "--argument", "audit=0", "--operation-id", "op2");
        guest.Start();
        var (code, _, error) = await vms.RunAsync("pcr", "check", "vm1");

        Assert.Contains("cannot predict, so pcr check will differ: /boot/grub/grub.cfg is not what GRUB measured at the baseline of vm1 with GuestTune's change op1", set.Out, StringComparison.Ordinal);
        Assert.Equal(1, code);
        Assert.StartsWith("vm1: differs from the baseline of vm1: PCR 8, 9; GuestTune's change op2 (+audit=0) was not predicted: ", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task SetWithReboot_NotPredictedAndStartedWithoutTheChange_Fails(bool isTrial, bool showsLog)
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        var guest = await GrubGuest.SaveBaselineAsync(vms);
        var (boot, old) = (vms.AgentOf("vm1").Boot, guest.Files[GrubGuest.Menu]);
        vms.AgentOf("vm1").ItemPrefix = "boot:";
        vms["vm1"].BootFiles = null;
        boot.OnRestart = () =>
        {
            guest.Files[GrubGuest.Menu] = old;
            guest.Start(isTrial);
            vms["vm1"].EventLog = showsLog ? vms["vm1"].EventLog : null;
            boot.ComeUp();
        };

        var (code, _, error) = await vms.RunAsync([.. Add, "--reboot"]);

        var missed = isTrial ? "not with" : "as the baseline of vm1, and not with";
        Assert.Equal((1, $"vm1: it was not started as predicted: it is {missed} GuestTune's change op1 (+nohz=off) (what could not be predicted: the boot loader is not GRUB); see guesttune pcr check\n"), (code, error));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task SetWithReboot_NotPredicted_ExcusesTheCommandLineAlone(bool isOfAnotherRegister)
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        var guest = await GrubGuest.SaveBaselineAsync(vms);
        vms.AgentOf("vm1").ItemPrefix = "boot:";
        vms["vm1"].BootFiles = null;
        guest.OtherPcr = isOfAnotherRegister ? 7 : null;

        var (code, output, error) = await vms.RunAsync([.. Add, "--reboot"]);

        Assert.Equal(isOfAnotherRegister ? 1 : 0, code);
        Assert.Equal(!isOfAnotherRegister, output.Contains("vm1: measured boot: cannot predict, so pcr check will differ: the boot loader is not GRUB\n", StringComparison.Ordinal));
        Assert.Equal(
            isOfAnotherRegister ? "vm1: it was not started as predicted: differs from the baseline of vm1 in PCR 7, 8, 9 (what could not be predicted: the boot loader is not GRUB); see guesttune pcr check\n" : "",
            error);
    }

    [Fact]
    public async Task UndoWithReboot_OfTheOnlyChangeAndNotPredicted_ItsTrialIsNamedAndThenItIsTheBaseline()
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        var guest = await GrubGuest.SaveBaselineAsync(vms);
        var agent = vms.AgentOf("vm1");
        agent.ItemPrefix = "boot:";
        vms["vm1"].BootFiles = null;
        Assert.Equal(0, (await vms.RunAsync([.. Add, "--reboot"])).ExitCode);
        agent.Verdict = () => agent.Boot.RestartCount == 1 ? Verdict.Pending : Verdict.Configured;

        var undo = await vms.RunAsync("undo", "vm1", "--reboot", "--operation-id", "op2", "-o", "json");
        var trial = await vms.RunAsync("pcr", "check", "vm1");
        guest.Start();
        var check = await vms.RunAsync("pcr", "check", "vm1");

        Assert.Equal((0, ""), (undo.ExitCode, undo.Error));
        var forecast = JsonDocument.Parse(undo.Out).RootElement.GetProperty("vms")[0].GetProperty("forecast");
        Assert.StartsWith("back to the baseline of vm1, if the guest did it, which was not seen: ", forecast.GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Equal(1, trial.ExitCode);
        Assert.StartsWith("vm1: differs from the baseline of vm1: PCR 8, 9; the boot trial of GuestTune's operation op2 was not predicted: ", trial.Error, StringComparison.Ordinal);
        Assert.Equal((0, "vm1: proven equal to the baseline of vm1 (14 registers)\n"), (check.ExitCode, check.Out));
    }

    [Theory]
    [InlineData("set")]
    [InlineData("reboot")]
    public async Task Restart_NotPredictedAndNoQuoteAfterwards_Fails(string command)
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        var guest = await GrubGuest.SaveBaselineAsync(vms);
        var boot = vms.AgentOf("vm1").Boot;
        vms.AgentOf("vm1").ItemPrefix = "boot:";
        vms["vm1"].BootFiles = null;
        boot.OnRestart = () =>
        {
            guest.Start();
            vms["vm1"].Forge = static _ => throw new RpcException(new Status(StatusCode.Internal, "torn"));
            boot.ComeUp();
        };

        var (code, _, error) = await vms.RunAsync(command is "set" ? [.. Add, "--reboot"] : ["reboot", "vm1", "--trial", "off"]);

        Assert.Equal(1, code);
        Assert.StartsWith("vm1: it was not started as predicted: no quote proves it: ", error, StringComparison.Ordinal);
        Assert.Contains("(what could not be predicted: the boot loader is not GRUB)", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2_000, 10)]
    [InlineData(1, 100_000)]
    public async Task Set_GuestShowsMoreThanAnyMenuHas_IsNotComparedAtAll(int lines, int length)
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        var guest = await GrubGuest.SaveBaselineAsync(vms);
        var isFirst = true;
        guest.Show = files =>
        {
            files.Files.Single(static f => f.Path == GrubGuest.Menu).Content = ByteString.CopyFromUtf8(
                string.Concat(Enumerable.Range(0, lines).Select(i => $"linux /k{i} {new string('a', length)}{(isFirst ? "" : " nohz=off")}\n")));
            isFirst = false;
            return files;
        };

        var set = await vms.RunAsync(Add);

        Assert.Contains("cannot predict, so pcr check will differ: /boot/grub/grub.cfg has more lines that were changed than 1024, or one of more than 65536 characters", set.Out, StringComparison.Ordinal);
    }
}
