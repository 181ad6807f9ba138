using GuestTune.Practices;

namespace GuestTune.Agent.Tests.BootLoader;

public sealed class BootLoaderDetectorTests
{
    [Theory]
    [InlineData(BootTree.Debian, "GRUB: grub-mkconfig makes /boot/grub/grub.cfg from /etc/default/grub.d/zz-guesttune.cfg")]
    [InlineData(BootTree.OpenEuler, "GRUB: grub2-mkconfig makes /boot/efi/EFI/openEuler/grub.cfg from /etc/default/grub")]
    [InlineData(BootTree.Rhel, "GRUB with boot loader entries (/boot/loader/entries)")]
    [InlineData(BootTree.Systemd, "systemd-boot with boot loader entries (/boot/loader/entries)")]
    public void CheckSupport_KnownDistributions_AreFound(string distribution, string found)
    {
        using var tree = new BootTree(distribution);

        var support = tree.Arguments.CheckSupport();

        Assert.Equal((true, found, null), (support.Supported, support.BootLoader, support.Reason));
        Assert.Empty(support.Warnings);
    }

    [Theory]
    [InlineData("/etc/nothing", "If the host starts this kernel itself, add it to <cmdline>")]
    [InlineData("/etc/zipl.conf", "zipl")]
    [InlineData("/ostree/repo/config", "rpm-ostree kargs --append=KEY=VALUE")]
    [InlineData("/boot/extlinux/extlinux.conf", "APPEND lines of /boot/extlinux/extlinux.conf by hand")]
    [InlineData("/boot/boot.scr", "U-Boot")]
    [InlineData("/boot/EFI/systemd/systemd-bootx64.efi", "without entries of type #1")]
    public void CheckSupport_OthersAreRefused_WithWhatToDoByHand(string file, string reason)
    {
        using var tree = new BootTree(null);
        tree.Write(file, "x");

        var support = tree.Arguments.CheckSupport();

        Assert.False(support.Supported);
        Assert.Contains(reason, support.Reason, StringComparison.Ordinal);
        var e = Assert.Throws<PracticeException>(() => tree.Arguments.PlanChange("a", "1"));
        Assert.Equal((PracticeError.FailedPrecondition, support.Reason), (e.Error, e.Message));
        Assert.Equal(support.Reason, tree.Arguments.OpenKnob("a").Read().Problem);
    }

    [Theory]
    [InlineData(BootTree.Debian, true)]
    [InlineData(BootTree.Rhel, true)]
    [InlineData(BootTree.Systemd, false)]
    public void CheckSupport_KernelThatTheHostStarted_IsWarnedOfWhereItCanBeTold(string distribution, bool isTold)
    {
        using var tree = new BootTree(distribution);
        tree.Write("/proc/cmdline", "BOOT_IMAGE=/vmlinuz-1 ro\n");
        Assert.Empty(tree.Arguments.CheckSupport().Warnings);

        tree.Write("/proc/cmdline", "console=ttyS0\n");
        var support = tree.Arguments.CheckSupport();

        Assert.True(support.Supported);
        Assert.Equal(isTold, support.Warnings.Any(w => w.Contains("<cmdline> of the domain's XML", StringComparison.Ordinal)));
    }

    [Fact]
    public void CheckSupport_UnifiedKernelImage_IsRefusedWhateverElseIsThere()
    {
        using var tree = new BootTree(BootTree.Systemd);
        tree.WriteVariable("StubInfo", "systemd-stub 254");

        Assert.Contains("unified kernel image (systemd-stub 254)", tree.Arguments.CheckSupport().Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void CheckSupport_GrubAndSystemdBootInstalled_TheFirmwareTellsWhichBooted()
    {
        using var tree = new BootTree(BootTree.Systemd);
        tree.Write("/boot/grub/grub.cfg", "menuentry 'x' {\n\tlinux /vmlinuz-1 ro\n}\n");
        Assert.Contains("both systemd-boot", tree.Arguments.CheckSupport().Reason, StringComparison.Ordinal);

        tree.WriteVariable("LoaderInfo", "systemd-boot 254.5");
        Assert.StartsWith("systemd-boot", tree.Arguments.CheckSupport().BootLoader, StringComparison.Ordinal);

        tree.WriteVariable("LoaderInfo", "GRUB 2.12");
        Assert.StartsWith("GRUB", tree.Arguments.CheckSupport().BootLoader, StringComparison.Ordinal);
    }

    [Fact]
    public void CheckSupport_MenuThatCannotBeUnderstood_IsRefusedWithItsLine()
    {
        using var tree = new BootTree(null);
        tree.Write("/boot/grub/grub.cfg", "set timeout=5\nmenuentry \"x {\n");

        Assert.Contains("/boot/grub/grub.cfg cannot be understood: line 2: a quote is never closed", tree.Arguments.CheckSupport().Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void CheckSupport_BootIsNotMounted_SaysSo()
    {
        using var tree = new BootTree(BootTree.Rhel);
        foreach (var kernel in new[] { "5.14.0-362.8.1.el9_3.x86_64", "5.14.0-70.13.1.el9_0.x86_64", "0-rescue" })
        {
            tree.Delete($"/boot/loader/entries/6ae4a2a4c9c64d9e8c3e6cbd6b0f5f11-{kernel}.conf");
        }

        Assert.Contains("Look whether /boot is mounted", tree.Arguments.CheckSupport().Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a", "1", "boot:a", null, "1")]
    [InlineData("quiet", "x", "boot:quiet", "", "x")]
    public void PlanChange_Wanted_IsOneChangeForTheNextBoot(string key, string value, string item, string? before, string after)
    {
        using var tree = new BootTree(BootTree.Debian);

        Assert.Equal(new Change(item, "/etc/default/grub.d/zz-guesttune.cfg", before, after, TakesEffect.AfterGuestReboot), tree.Arguments.PlanChange(key, value));
        Assert.Null(tree.Arguments.PlanChange("quiet", string.Empty));
        Assert.Null(tree.Arguments.PlanChange("absent", null));
    }

    [Fact]
    public void PlanChange_WouldTakeAwayWhatIsNotOurs_IsRefusedBeforeAnythingRuns()
    {
        using var tree = new BootTree(BootTree.Debian);

        Assert.Contains("quiet was not added by GuestTune", Assert.Throws<PracticeException>(() => tree.Arguments.PlanChange("quiet", null)).Message, StringComparison.Ordinal);
        Assert.Equal(PracticeError.InvalidArgument, Assert.Throws<PracticeException>(() => tree.Arguments.PlanChange("a", "b c")).Error);
    }
}
