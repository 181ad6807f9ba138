using System.Text;
using FsCheck;
using FsCheck.Fluent;
using GuestTune.Controller.MeasuredBoot.Comparison;
using GuestTune.HostController.Tests.Fakes;
using GuestTune.MeasuredBoot.EventLog;
using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.HostController.Tests.MeasuredBoot;

/// <summary>Two boots, of which one is the other with an event changed.</summary>
public sealed class BootComparisonTests
{
    private const string CommandLine = "root=UUID=1234 ro quiet";
    private static readonly PcrSelection Selection = new(TpmAlgorithm.Sha256, 0x3FF);

    [Fact]
    public void Compare_SameBoot_IsProvenEqualAndSaysNothing()
    {
        var difference = BootComparison.Compare(Snapshot("was", EditedLog.OfGrub(CommandLine)), Snapshot("is", EditedLog.OfGrub(CommandLine)));

        Assert.True(difference.IsProvenEqual);
        Assert.Empty(difference.Notes);
        Assert.All(difference.Pcrs, pcr => Assert.Empty(pcr.Notes));
        Assert.Equal(10, difference.Pcrs.Count);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Compare_OneSideOnlyClaimed_IsEqualAndNotProven(bool referenceIsProven, bool bootIsProven)
    {
        var log = EditedLog.OfGrub(CommandLine);

        var difference = BootComparison.Compare(Snapshot("was", log, referenceIsProven), Snapshot("is", log, bootIsProven));

        Assert.True(difference.IsEqual);
        Assert.False(difference.IsProvenEqual);
    }

    [Fact]
    public void Compare_ArgumentAdded_NamesTheTokenAndNothingAfterIt()
    {
        var difference = BootComparison.Compare(
            Snapshot("was", EditedLog.OfGrub(CommandLine)), Snapshot("is", EditedLog.OfGrub(CommandLine + " cpuidle_haltpoll.force=Y")));

        var pcr = Assert.Single(difference.Pcrs, p => !p.IsEqual);
        Assert.Equal(8, pcr.Pcr);
        Assert.Equal(2, pcr.Events.Count);
        Assert.All(pcr.Events, e => Assert.Equal("+cpuidle_haltpoll.force=Y", Assert.Single(e.Tokens).ToString()));
        Assert.Empty(pcr.Notes);
    }

    [Fact]
    public void Compare_QuotedArgumentChanged_IsOneTokenEach()
    {
        var difference = BootComparison.Compare(
            Snapshot("was", EditedLog.OfGrub("ro dyndbg=\"file a.c +p\" quiet")), Snapshot("is", EditedLog.OfGrub("ro dyndbg=\"file b.c +p\" quiet")));

        var tokens = difference.Pcrs[8].Events[^1].Tokens.Select(t => t.ToString());
        Assert.Equal(["-dyndbg=\"file a.c +p\"", "+dyndbg=\"file b.c +p\""], tokens);
    }

    [Fact]
    public void Compare_EventInTheMiddleChanged_IsOneChange()
    {
        var now = EditedLog.OfGrub(CommandLine);
        var index = now.Events.FindIndex(e => e is { Pcr: 8 });
        now.Events[index] = EditedLog.Entry.Hashing(8, EventType.Ipl, "grub_cmd: search --label x\0"u8.ToArray(), "search --label x"u8.ToArray());

        var pcr = BootComparison.Compare(Snapshot("was", EditedLog.OfGrub(CommandLine)), Snapshot("is", now)).Pcrs[8];

        var change = Assert.Single(pcr.Events);
        Assert.Equal("grub_cmd: search --label x", change.After!.Text);
        Assert.StartsWith("grub_cmd: search --no-floppy", change.Before!.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Compare_AnyEventChanged_IsOneDifferenceInItsRegisterAlone()
    {
        var count = EditedLog.OfGrub(CommandLine).Events.Count;
        Prop.ForAll(Gen.Choose(0, count - 1).ToArbitrary(), index =>
        {
            var (was, now) = (EditedLog.OfGrub(CommandLine), EditedLog.OfGrub(CommandLine));
            var entry = now.Events[index];
            if (entry.Type == EventType.NoAction)
            {
                return;
            }

            now.Events[index] = EditedLog.Entry.Hashing(entry.Pcr, entry.Type, "changed"u8.ToArray(), "changed"u8.ToArray());
            var difference = BootComparison.Compare(Snapshot("was", was), Snapshot("is", now));

            var pcr = Assert.Single(difference.Pcrs, static p => !p.IsEqual);
            Assert.Equal(entry.Pcr, pcr.Pcr);
            Assert.Single(pcr.Events.Select(static e => e.Before).OfType<MeasuredEvent>());
            Assert.Equal(Convert.ToHexStringLower(PcrBank.Sha256.Hash("changed"u8)), Assert.Single(pcr.Events.Select(static e => e.After).OfType<MeasuredEvent>()).Digest);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Compare_EventAddedAndAnotherRemoved_AreNotPairedAcrossWhatStayed()
    {
        var now = EditedLog.OfGrub(CommandLine);
        now.Events.RemoveAt(now.Events.FindIndex(e => e.Pcr == 8));
        now.AddGrub("grub_cmd: ", "boot");

        var events = BootComparison.Compare(Snapshot("was", EditedLog.OfGrub(CommandLine)), Snapshot("is", now)).Pcrs[8].Events;

        Assert.Equal(2, events.Count);
        Assert.Null(events[0].After);
        Assert.Null(events[1].Before);
    }

    [Fact]
    public void Compare_TextThatNoDigestCovers_IsNamedByDigest()
    {
        var now = EditedLog.OfGrub(CommandLine);
        var lie = EditedLog.Entry.Hashing(8, EventType.Ipl, "kernel_cmdline: /boot/vmlinuz-6.1 harmless\0"u8.ToArray(), "/boot/vmlinuz-6.1 init=/bin/sh"u8.ToArray());
        now.Events[now.Events.FindIndex(e => Encoding.ASCII.GetString(e.Data).StartsWith("kernel_cmdline", StringComparison.Ordinal))] = lie;

        var change = Assert.Single(BootComparison.Compare(Snapshot("was", EditedLog.OfGrub(CommandLine)), Snapshot("is", now)).Pcrs[8].Events);

        Assert.Null(change.After!.Text);
        Assert.Contains("harmless", change.After.Label, StringComparison.Ordinal);
        Assert.Equal(Convert.ToHexStringLower(PcrBank.Sha256.Hash("/boot/vmlinuz-6.1 init=/bin/sh"u8)), change.After.Digest);
        Assert.Empty(change.Tokens);
    }

    [Fact]
    public void Compare_Relabelled_IsEqualAndSaidSo()
    {
        var now = EditedLog.OfGrub(CommandLine);
        now.Events[^1] = now.Events[^1] with { Type = EventType.Action };

        var difference = BootComparison.Compare(Snapshot("was", EditedLog.OfGrub(CommandLine)), Snapshot("is", now));

        Assert.True(difference.IsProvenEqual);
        Assert.Contains("EV_IPL before, EV_ACTION now", Assert.Single(difference.Pcrs[8].Notes), StringComparison.Ordinal);
    }

    [Fact]
    public void Compare_LogWithAnEventRemoved_BelievesNoEventOfIt()
    {
        var honest = EditedLog.OfGrub(CommandLine + " init=/bin/sh");
        var forged = EditedLog.OfGrub(CommandLine);

        var pcr = BootComparison.Compare(
            Snapshot("was", EditedLog.OfGrub(CommandLine)),
            new BootSnapshot("is", true, Selection, honest.Values(Selection), forged.ToBytes(), null)).Pcrs[8];

        Assert.False(pcr.IsEqual);
        Assert.Empty(pcr.Events);
        Assert.Equal(PcrEvidenceKind.Mismatch, pcr.AfterLog);
        Assert.Contains("the log of is does not give its value", Assert.Single(pcr.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public void Compare_EqualRegisterWithAForgedLog_IsSaidSo()
    {
        var honest = EditedLog.OfGrub(CommandLine);
        var forged = EditedLog.OfGrub(CommandLine);
        forged.AddGrub("grub_cmd: ", "nothing to see here");

        var difference = BootComparison.Compare(Snapshot("was", honest), new BootSnapshot("is", true, Selection, honest.Values(Selection), forged.ToBytes(), null));

        Assert.True(difference.IsEqual);
        Assert.Contains("the register has not", Assert.Single(difference.Pcrs[8].Notes), StringComparison.Ordinal);
    }

    [Fact]
    public void Compare_LogMissingOrTorn_IsSaidSo()
    {
        var log = EditedLog.OfGrub(CommandLine);
        var was = Snapshot("was", log);

        var missing = BootComparison.Compare(was, new BootSnapshot("is", true, Selection, log.Values(Selection), null, "grub's linux command leaves none"));
        var torn = BootComparison.Compare(was, new BootSnapshot("is", true, Selection, log.Values(Selection), log.ToBytes()[..^3], null));

        Assert.True(missing.IsEqual);
        Assert.Equal("is has no log that can be read: grub's linux command leaves none", Assert.Single(missing.Notes));
        Assert.Contains("the event log is wrong at byte", Assert.Single(torn.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public void Compare_RegisterThatWasNotQuoted_IsNotEqual()
    {
        var log = EditedLog.OfGrub(CommandLine);
        var few = new PcrSelection(TpmAlgorithm.Sha256, 0xFF);

        var difference = BootComparison.Compare(Snapshot("was", log), new BootSnapshot("is", true, few, log.Values(few), log.ToBytes(), null));

        Assert.False(difference.IsEqual);
        Assert.Equal([8, 9], difference.Pcrs.Where(p => !p.IsEqual).Select(p => p.Pcr));
        Assert.Contains("is has no value for it", difference.Pcrs[8].Notes);
    }

    [Fact]
    public void Compare_OtherBank_IsNeverEqual()
    {
        var log = EditedLog.OfGrub(CommandLine);
        var sha1 = new PcrSelection(TpmAlgorithm.Sha1, 0x3FF);

        var difference = BootComparison.Compare(Snapshot("was", log), new BootSnapshot("is", true, sha1, log.Values(sha1), log.ToBytes(), null));

        Assert.All(difference.Pcrs, p => Assert.False(p.IsEqual));
        Assert.Contains("the banks differ", Assert.Single(difference.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public void Compare_NothingSelected_ProvesNothing()
    {
        var nothing = new PcrSelection(TpmAlgorithm.Sha256, 0);
        var side = new BootSnapshot("was", true, nothing, [], null, null);

        Assert.False(BootComparison.Compare(side, side).IsProvenEqual);
    }

    private static BootSnapshot Snapshot(string name, EditedLog log, bool isProven = true) => new(name, isProven, Selection, log.Values(Selection), log.ToBytes(), null);
}
