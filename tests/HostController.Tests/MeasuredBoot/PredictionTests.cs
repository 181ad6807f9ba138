using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using GuestTune.Agent.V1;
using GuestTune.HostController.Tests.Fakes;
using GuestTune.Practice.V1;
using GuestTune.SoftwareTpms;

namespace GuestTune.HostController.Tests.MeasuredBoot;

/// <summary>From the command line to the TPMs of VMs: changes of this host's own stay green by prediction, and nothing else does.</summary>
public sealed class PredictionTests
{
    private const string Change = "nohz=off";

    private static readonly string[] Set = ["set", "kernel-arguments", "vm1", "--argument", Change, "--operation-id", "op1"];

    [Fact]
    public async Task Check_AfterAChangeOfOurs_IsEqualByPredictionAndSaysSo()
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        var guest = await GrubGuest.SaveBaselineAsync(vms);

        var set = await vms.RunAsync(Set);
        var before = await vms.RunAsync("pcr", "check", "vm1");
        guest.Start();
        var after = await vms.RunAsync("pcr", "check", "vm1");

        Assert.Contains("vm1: measured boot: predicted: the baseline of vm1 with GuestTune's change op1 (+nohz=off)\n", set.Out, StringComparison.Ordinal);
        Assert.Equal("vm1: proven equal to the baseline of vm1 (14 registers)\n", before.Out);
        Assert.Equal("", after.Error);
        Assert.Equal("vm1: proven equal to the baseline of vm1 with GuestTune's change op1 (+nohz=off) (14 registers)\n", after.Out);
        Assert.Equal(0, after.ExitCode);
    }

    [Fact]
    public async Task Check_ForeignChangeInTheSameWindow_IsNamedAndOursIsNot()
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        var guest = await GrubGuest.SaveBaselineAsync(vms);
        await vms.RunAsync(Set);
        guest.Files[GrubGuest.Menu] = guest.Files[GrubGuest.Menu].Replace("nohz=off", "nohz=off mitigations=off", StringComparison.Ordinal);

        guest.Start();
        var (code, output, error) = await vms.RunAsync("pcr", "check", "vm1");

        Assert.Equal(1, code);
        Assert.Equal("vm1: differs from the baseline of vm1 with GuestTune's change op1 (+nohz=off): PCR 8, 9\n", error);
        Assert.Contains("+mitigations=off (event ", output, StringComparison.Ordinal);
        Assert.DoesNotContain("+nohz=off (event", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("another kernel", "PCR 9")]
    [InlineData("another command", "PCR 8")]
    public async Task Check_SomethingElseWasStarted_Differs(string what, string expected)
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        var guest = await GrubGuest.SaveBaselineAsync(vms);
        await vms.RunAsync(Set);
        (guest.Kernel, guest.Extra) = what is "another kernel" ? (what, null) : (guest.Kernel, "insmod other");

        guest.Start();
        var (code, _, error) = await vms.RunAsync("pcr", "check", "vm1");

        Assert.Equal((1, $"vm1: differs from the baseline of vm1 with GuestTune's change op1 (+nohz=off): {expected}\n"), (code, error));
    }

    [Fact]
    public async Task SetWithReboot_TrialAndTheStartAfterIt_AreBothPredicted()
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        var guest = await GrubGuest.SaveBaselineAsync(vms);

        var (code, output, error) = await vms.RunAsync([.. Set, "--reboot", "-o", "json"]);
        var trial = await vms.RunAsync("pcr", "check", "vm1");
        guest.Start();
        var settled = await vms.RunAsync("pcr", "check", "vm1");
        guest.Start(isTrial: true);
        var replayed = await vms.RunAsync("pcr", "check", "vm1");

        Assert.Equal((0, ""), (code, error));
        var vm = JsonDocument.Parse(output).RootElement.GetProperty("vms")[0];
        Assert.Equal("predicted", vm.GetProperty("forecast").GetProperty("state").GetString());
        Assert.Equal("as-predicted", vm.GetProperty("reboot").GetProperty("start").GetProperty("state").GetString());
        Assert.Equal((0, "vm1: proven equal to the baseline of vm1 with the boot trial of GuestTune's operation op1 (14 registers)\n"), (trial.ExitCode, trial.Out));
        Assert.Equal((0, "vm1: proven equal to the baseline of vm1 with GuestTune's change op1 (+nohz=off) (14 registers)\n"), (settled.ExitCode, settled.Out));
        Assert.Equal(1, replayed.ExitCode);
    }

    [Fact]
    public async Task SetWithReboot_GuestDeniesItsTrial_TheTrialCountsForNoLaterStart()
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        var guest = await GrubGuest.SaveBaselineAsync(vms);
        var boot = vms.AgentOf("vm1").Boot;
        var honest = boot.OnRestart;
        boot.OnRestart = () =>
        {
            honest();
            boot.EndTrial();
        };

        await vms.RunAsync([.. Set, "--reboot"]);
        var first = await vms.RunAsync("pcr", "check", "vm1");
        guest.Start(isTrial: true);
        var later = await vms.RunAsync("pcr", "check", "vm1");

        Assert.Equal((0, "vm1: proven equal to the baseline of vm1 with the boot trial of GuestTune's operation op1 (14 registers)\n"), (first.ExitCode, first.Out));
        Assert.Equal(1, later.ExitCode);
    }

    [Fact]
    public async Task SetWithReboot_StartedOtherwise_FailsAndSaysWhere()
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        var guest = await GrubGuest.SaveBaselineAsync(vms);
        guest.Extra = "insmod other";

        var (code, _, error) = await vms.RunAsync([.. Set, "--reboot"]);

        Assert.Equal(1, code);
        Assert.Equal("vm1: it was not started as predicted: differs from the baseline of vm1 with the boot trial of GuestTune's operation op1 in PCR 8; see guesttune pcr check\n", error);
    }

    [Fact]
    public async Task SetWithReboot_StartedWithoutTheChange_FailsAndSaysSo()
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        var guest = await GrubGuest.SaveBaselineAsync(vms);
        var boot = vms.AgentOf("vm1").Boot;
        boot.OnRestart = () =>
        {
            guest.Files[GrubGuest.Menu] = GrubGuest.MenuWith("root=UUID=1234 ro quiet");
            guest.Start();
            boot.ComeUp();
        };

        var (code, _, error) = await vms.RunAsync([.. Set, "--reboot"]);

        Assert.Equal(1, code);
        Assert.Equal("vm1: it was not started as predicted: it is as the baseline of vm1, and not with GuestTune's change op1 (+nohz=off); see guesttune pcr check\n", error);
    }

    [Fact]
    public async Task SetWithReboot_NoQuoteAfterwards_Fails()
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        var guest = await GrubGuest.SaveBaselineAsync(vms);
        var boot = vms.AgentOf("vm1").Boot;
        boot.OnRestart = () =>
        {
            guest.Start();
            vms["vm1"].Forge = static _ => throw new RpcException(new Status(StatusCode.Internal, "torn"));
            boot.ComeUp();
        };

        var (code, _, error) = await vms.RunAsync([.. Set, "--reboot"]);

        Assert.Equal(1, code);
        Assert.StartsWith("vm1: it was not started as predicted: no quote proves it: ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reboot_NothingChanged_TrialIsPredictedFromTheBaseline()
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        await GrubGuest.SaveBaselineAsync(vms);

        var (code, output, _) = await vms.RunAsync("reboot", "vm1", "--operation-id", "r1");

        Assert.Equal(0, code);
        Assert.Contains("vm1: measured boot: as predicted: proven equal to the baseline of vm1 with the boot trial of GuestTune's operation r1\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Undo_AfterTheReboot_GoesBackToTheBaselineAndWithdrawsThePrediction()
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        var guest = await GrubGuest.SaveBaselineAsync(vms);
        await vms.RunAsync(Set);
        guest.Start();

        var undo = await vms.RunAsync("undo", "vm1", "--operation-id", "op2");
        var pending = await vms.RunAsync("pcr", "check", "vm1");
        guest.Start();
        var undone = await vms.RunAsync("pcr", "check", "vm1");
        guest.Files[GrubGuest.Menu] = GrubGuest.MenuWith("root=UUID=1234 ro quiet nohz=off");
        guest.Start();
        var replayed = await vms.RunAsync("pcr", "check", "vm1");

        Assert.Contains("vm1: measured boot: predicted: the baseline of vm1\n", undo.Out, StringComparison.Ordinal);
        Assert.Contains("with GuestTune's change op1 (+nohz=off)", (await vms.RunAsync("audit", "--action", "predict")).Out, StringComparison.Ordinal);
        Assert.Equal(0, pending.ExitCode);
        Assert.Equal((0, "vm1: proven equal to the baseline of vm1 (14 registers)\n"), (undone.ExitCode, undone.Out));
        Assert.Equal((1, "vm1: differs from the baseline of vm1: PCR 8, 9\n"), (replayed.ExitCode, replayed.Error));
        Assert.Contains("+nohz=off", replayed.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_UndoneChangeStartedByATpmRestartInPlaceOfAReset_Differs()
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        var guest = await GrubGuest.SaveBaselineAsync(vms);
        await vms.RunAsync(Set);
        guest.Start();
        await vms.RunAsync("undo", "vm1", "--operation-id", "op2");
        guest.Files[GrubGuest.Menu] = GrubGuest.MenuWith("root=UUID=1234 ro quiet nohz=off");

        ((SoftwareTpm)vms["vm1"].Tpm!).ShutDownForRestart();
        guest.Start();
        var (code, _, error) = await vms.RunAsync("pcr", "check", "vm1");

        Assert.Equal((1, "vm1: differs from the baseline of vm1: PCR 8, 9\n"), (code, error));
    }

    [Theory]
    [InlineData("op1", null, "")]
    [InlineData(null, null, "")]
    [InlineData(null, "other", "; GuestTune's undo op2 was not predicted: the guest says that it took back other, and not op1")]
    [InlineData(null, "", "; GuestTune's undo op2 was not predicted: the guest says that it took back an operation without an id, and not op1")]
    public async Task Undo_GuestSaysThatItDidAndKeepsTheChange_WithdrawsThePrediction(string? target, string? named, string said)
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        var guest = await GrubGuest.SaveBaselineAsync(vms);
        await vms.RunAsync(Set);
        guest.Start();
        var changed = guest.Files[GrubGuest.Menu];
        guest.Write = _ => changed;
        vms.AgentOf("vm1").Forge = answer =>
        {
            if (answer is UndoResponse { Operation: { } operation } && named is not null)
            {
                operation.RelatedOperationId = named;
            }

            return answer;
        };

        var undo = await vms.RunAsync(["undo", "vm1", "--operation-id", "op2", .. target is null ? Array.Empty<string>() : ["--operation", target]]);
        guest.Start();
        var (code, _, error) = await vms.RunAsync("pcr", "check", "vm1");

        Assert.Equal(0, undo.ExitCode);
        Assert.Equal((1, $"vm1: differs from the baseline of vm1: PCR 8, 9{said}\n"), (code, error));
    }

    [Fact]
    public async Task Quote_EnrolledAnewWithCountersThatWentBack_ForgetsPredictions()
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        var guest = await GrubGuest.SaveBaselineAsync(vms);
        var tpm = (SoftwareTpm)vms["vm1"].Tpm!;
        var old = tpm.SaveState();
        await vms.RunAsync(Set);
        guest.Start();
        guest.Start();
        guest.Start();
        await vms.RunAsync("pcr", "quote", "vm1", "--enroll");
        var kept = await vms.RunAsync("pcr", "baseline", "show", "vm1");

        tpm.Restart(old);
        guest.Start();
        await vms.RunAsync("pcr", "quote", "vm1", "--enroll");
        var left = await vms.RunAsync("pcr", "baseline", "show", "vm1");

        Assert.Contains("GuestTune's change op1", kept.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("GuestTune's change op1", left.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UndoWithReboot_AfterSetWithReboot_IsAsPredictedAndThenTheBaseline()
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        var guest = await GrubGuest.SaveBaselineAsync(vms);
        await vms.RunAsync([.. Set, "--reboot"]);
        var agent = vms.AgentOf("vm1");
        agent.Verdict = () => agent.Boot.RestartCount == 1 ? Verdict.Pending : Verdict.Configured;

        var undo = await vms.RunAsync("undo", "vm1", "--reboot", "--operation-id", "op2");
        guest.Start();
        var check = await vms.RunAsync("pcr", "check", "vm1");

        Assert.Equal((0, ""), (undo.ExitCode, undo.Error));
        Assert.Contains("vm1: measured boot: as predicted: proven equal to the baseline of vm1 with the boot trial of GuestTune's operation op2\n", undo.Out, StringComparison.Ordinal);
        Assert.Equal("vm1: proven equal to the baseline of vm1 (14 registers)\n", check.Out);
    }

    [Fact]
    public async Task SetWithReboot_GuestFellBack_OnlyTheBaselineCountsAgain()
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        var guest = await GrubGuest.SaveBaselineAsync(vms);
        var boot = vms.AgentOf("vm1").Boot;
        boot.OnRestart = () =>
        {
            guest.Extra = "set default=guesttune-previous";
            guest.Start();
            guest.Extra = null;
            boot.ComeUp(BootTrialState.FellBack);
        };

        var set = await vms.RunAsync([.. Set, "--reboot"]);
        guest.Start();
        var back = await vms.RunAsync("pcr", "check", "vm1");
        guest.Files[GrubGuest.Menu] = GrubGuest.MenuWith("root=UUID=1234 ro quiet nohz=off");
        guest.Start();
        var replayed = await vms.RunAsync("pcr", "check", "vm1");

        Assert.Equal(1, set.ExitCode);
        Assert.Contains("the change was undone", set.Error, StringComparison.Ordinal);
        Assert.Equal((0, "vm1: proven equal to the baseline of vm1 (14 registers)\n"), (back.ExitCode, back.Out));
        Assert.Equal((1, "vm1: differs from the baseline of vm1: PCR 8, 9\n"), (replayed.ExitCode, replayed.Error));
    }

    [Fact]
    public async Task Set_SecondChangeBeforeTheReboot_IsPredictedFromTheFirst()
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        var guest = await GrubGuest.SaveBaselineAsync(vms);
        await vms.RunAsync(Set);

        var second = await vms.RunAsync("set", "kernel-arguments", "vm1", "--argument", "audit=0", "--operation-id", "op2");
        guest.Start();
        var check = await vms.RunAsync("pcr", "check", "vm1");
        var undo = await vms.RunAsync("undo", "vm1", "--operation-id", "op3");
        guest.Start();
        var undone = await vms.RunAsync("pcr", "check", "vm1");

        Assert.Contains("with GuestTune's change op2 (+audit=0)", second.Out, StringComparison.Ordinal);
        Assert.Equal(0, check.ExitCode);
        Assert.Contains("with GuestTune's undo op3 (-audit=0)", undo.Out, StringComparison.Ordinal);
        Assert.Equal(0, undone.ExitCode);
    }

    [Theory]
    [InlineData("old content", "/boot/grub/grub.cfg is not what GRUB measured")]
    [InlineData("another argument", "/boot/grub/grub.cfg, line 6: +init=/bin/sh was not asked for")]
    [InlineData("argument taken away", "/boot/grub/grub.cfg, line 6: -ro was not asked for")]
    [InlineData("another kernel", "/boot/grub/grub.cfg, line 6: -/vmlinuz-6.1 was not asked for")]
    [InlineData("another command", "/boot/grub/grub.cfg, line 5: it is no line of the kernel's arguments, and was changed")]
    [InlineData("another line", "/boot/grub/grub.cfg has 15 lines, and had 14: more than arguments was changed")]
    [InlineData("another file", "boot files were added or removed")]
    [InlineData("another value", "/boot/grub/grub.cfg, line 6: +nohz=on was not asked for")]
    public async Task Set_GuestLiesOrChangesMore_IsNotPredictedAndDiffers(string what, string reason)
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        var guest = await GrubGuest.SaveBaselineAsync(vms);
        guest.Write = menu => what switch
        {
            "another argument" => menu.Replace("nohz=off", "nohz=off init=/bin/sh", StringComparison.Ordinal),
            "argument taken away" => menu.Replace("ro quiet nohz=off", "quiet nohz=off", StringComparison.Ordinal),
            "another kernel" => menu.Replace("linux\t/vmlinuz-6.1", "linux\t/evil", StringComparison.Ordinal),
            "another command" => menu.Replace("insmod gzio", "insmod evil", StringComparison.Ordinal),
            "another line" => menu.Replace("\tinsmod gzio\n", "\tinsmod gzio\n\tinsmod evil\n", StringComparison.Ordinal),
            "another value" => menu.Replace("nohz=off", "nohz=on", StringComparison.Ordinal),
            _ => menu,
        };
        var isFirst = true;
        guest.Show = files =>
        {
            if (what is "old content")
            {
                // So that the new content, which it really has, would be old and new at once.
                var menu = files.Files.Single(f => f.Path == GrubGuest.Menu);
                menu.Content = ByteString.CopyFromUtf8(menu.Content.ToStringUtf8().Replace(" ro ", " ro init=/bin/sh ", StringComparison.Ordinal));
            }
            else if (what is "another file" && !isFirst)
            {
                files.Files.Add(new BootFile { Path = GrubGuest.Custom, Content = ByteString.CopyFrom("linux /evil", Encoding.ASCII) });
            }

            isFirst = false;
            return files;
        };

        var set = await vms.RunAsync(Set);
        if (guest.Files[GrubGuest.Menu].Contains("/vmlinuz-6.1", StringComparison.Ordinal))
        {
            guest.Start();
            Assert.Equal(1, (await vms.RunAsync("pcr", "check", "vm1")).ExitCode);
        }

        Assert.Equal(0, set.ExitCode);
        Assert.Contains($"vm1: measured boot: cannot predict, so pcr check will differ: {reason}", set.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Set_GuestShowsAnotherNewContentThanItHas_MakesItsOwnCheckRed()
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        var guest = await GrubGuest.SaveBaselineAsync(vms);
        guest.Write = menu => menu.Replace("nohz=off", "nohz=off init=/bin/sh", StringComparison.Ordinal);
        guest.Show = files =>
        {
            var menu = files.Files.Single(f => f.Path == GrubGuest.Menu);
            menu.Content = ByteString.CopyFromUtf8(menu.Content.ToStringUtf8().Replace(" init=/bin/sh", "", StringComparison.Ordinal));
            return files;
        };

        var set = await vms.RunAsync(Set);
        guest.Start();
        var (code, output, _) = await vms.RunAsync("pcr", "check", "vm1");

        Assert.Contains("measured boot: predicted", set.Out, StringComparison.Ordinal);
        Assert.Equal(1, code);
        Assert.Contains("+init=/bin/sh (event", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_PredictionOfAnotherVm_DoesNotCount()
    {
        await using var vms = await MeasuredVms.StartAsync("vm1", "vm2");
        var guest = await GrubGuest.SaveBaselineAsync(vms);
        var other = await GrubGuest.SaveBaselineAsync(vms, "vm2");
        await vms.RunAsync(Set);
        (other.Files[GrubGuest.Menu], other.Kernel) = (guest.Files[GrubGuest.Menu], guest.Kernel);

        other.Start();

        var (code, _, error) = await vms.RunAsync("pcr", "check", "vm2");
        Assert.Equal((1, "vm2: differs from the baseline of vm2: PCR 8, 9\n"), (code, error));
    }

    [Theory]
    [InlineData("no log", "the baseline of vm1 has no event log")]
    [InlineData("changed before", "the start that runs differs already from the baseline of vm1")]
    [InlineData("not GRUB", "the boot loader is not GRUB")]
    public async Task Set_NothingToPredictFrom_SaysWhy(string what, string reason)
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        var guest = new GrubGuest(vms, "vm1");
        guest.Start();
        vms["vm1"].EventLog = what is "no log" ? null : vms["vm1"].EventLog;
        await vms.RunAsync("pcr", "baseline", "save", "vm1");
        if (what is "changed before")
        {
            guest.Extra = "insmod other";
            guest.Start();
        }

        vms["vm1"].BootFiles = what is "not GRUB" ? null : vms["vm1"].BootFiles;
        vms.AgentOf("vm1").ItemPrefix = "boot:";

        Assert.Contains(reason, (await vms.RunAsync(Set)).Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Set_NoTpmOrNoBaseline_SaysNothingAndMakesNoStore(bool hasTpm)
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        var guest = new GrubGuest(vms, "vm1");
        if (hasTpm)
        {
            guest.Start();
        }

        var (code, output, error) = await vms.RunAsync(Set);

        Assert.Equal((0, ""), (code, error));
        Assert.DoesNotContain("measured boot", output, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(vms.StatePath, "controller.db")));
    }

    [Fact]
    public async Task BaselineShow_ListsWhatIsPredictedAndReplacingItForgets()
    {
        await using var vms = await MeasuredVms.StartAsync("vm1");
        var guest = await GrubGuest.SaveBaselineAsync(vms);
        await vms.RunAsync(Set);

        var shown = await vms.RunAsync("pcr", "baseline", "show", "vm1");
        var json = JsonDocument.Parse((await vms.RunAsync("pcr", "baseline", "show", "vm1", "-o", "json")).Out).RootElement.GetProperty("baselines")[0];
        guest.Start();
        await vms.RunAsync("pcr", "baseline", "save", "vm1", "--replace");

        Assert.Matches("(?m)^with GuestTune's change op1 \\(\\+nohz=off\\) .* [0-9]+ and later +[0-9a-f]{64} +[0-9a-f]{64}$", shown.Out);
        Assert.Equal("op1", json.GetProperty("predicted")[0].GetProperty("operation_id").GetString());
        Assert.DoesNotContain("GuestTune's change", (await vms.RunAsync("pcr", "baseline", "show", "vm1")).Out, StringComparison.Ordinal);
        Assert.Equal("vm1: proven equal to the baseline of vm1 (14 registers)\n", (await vms.RunAsync("pcr", "check", "vm1")).Out);
    }
}
