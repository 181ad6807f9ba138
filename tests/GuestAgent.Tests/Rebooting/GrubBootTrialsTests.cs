using GuestTune.Agent.Rebooting.BootTrials;
using GuestTune.Agent.SealedDisks;
using GuestTune.Agent.Tests.SealedDisks;
using GuestTune.Agent.V1;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.Tests.Rebooting;

public sealed class GrubBootTrialsTests
{
    [Fact]
    public void Arm_Debian_WritesTheRunningLineAsAnEntryAndArmsTheVariable()
    {
        using var tree = DebianGrub.Create();

        var trial = Trials(tree).Arm("op1");

        Assert.Equal((BootTrialState.Armed, "op1"), (trial.State, trial.OperationId));
        var custom = tree.Read(DebianGrub.Custom);
        // The running kernel's own entry, though a newer kernel is the default; its line as it runs now, not as grub.cfg has it.
        Assert.Contains("linux /boot/vmlinuz-6.1.0-28-cloud-amd64 'root=UUID=4ac1' 'ro' 'console=ttyS0' 'quiet'\n", custom, StringComparison.Ordinal);
        Assert.Contains("initrd\t/boot/initrd.img-6.1.0-28-cloud-amd64\n}", custom, StringComparison.Ordinal);
        Assert.Contains("search --no-floppy --fs-uuid --set=root 4ac1", custom, StringComparison.Ordinal);
        Assert.DoesNotContain("arm_pvspin", custom, StringComparison.Ordinal);
        Assert.DoesNotContain("savedefault", custom, StringComparison.Ordinal);
        var block = tree.Read(DebianGrub.Environment);
        Assert.Equal(1024, block.Length);
        Assert.Contains("\nsaved_entry=0\nguesttune_trial=armed\n#", block, StringComparison.Ordinal);
    }

    [Fact]
    public void Arm_DiskSealedToWhatGrubMeasures_IsNoneAndWritesNothing()
    {
        using var tree = DebianGrub.Create();
        tree.Write("/sys/class/block/vda3/size", "40960\n");
        tree.Write("/dev/vda3", LuksImage.FromCryptsetup());
        var before = tree.Snapshot();

        var trial = Trials(tree).Arm("op1");

        Assert.Equal(BootTrialState.None, trial.State);
        Assert.Contains("would lock a disk: /dev/vda3 has a key of systemd-cryptenroll (token 0)", trial.Reason, StringComparison.Ordinal);
        Assert.Equal(before, tree.Snapshot());
    }

    [Theory]
    [InlineData("--class debian $menuentry_id_option", "'Previous kernel command line (guesttune)' --id guesttune-previous {")]
    [InlineData("--class debian --unrestricted $menuentry_id_option", "'Previous kernel command line (guesttune)' --unrestricted --id guesttune-previous {")]
    public void Arm_GrubWithAPassword_AsksForItWhereTheCopiedEntryDoes(string options, string expected)
    {
        using var tree = DebianGrub.Create();
        tree.Write(DebianGrub.Configuration, tree.Read(DebianGrub.Configuration).Replace("--class debian $menuentry_id_option", options, StringComparison.Ordinal));

        Trials(tree).Arm("op1");

        Assert.Contains(expected, tree.Read(DebianGrub.Custom), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("armed", BootTrialState.Armed)]
    [InlineData("tried", BootTrialState.Tried)]
    [InlineData("fell-back", BootTrialState.FellBack)]
    public void Read_AfterABoot_TellsWhatGrubNoted(string value, BootTrialState expected)
    {
        using var tree = DebianGrub.Create();
        Trials(tree).Arm("op1");
        tree.Write(DebianGrub.Environment, DebianGrub.EnvironmentBlock($"guesttune_trial={value}\n"));

        var trial = Trials(tree).Read();

        Assert.Equal((expected, "op1"), (trial.State, trial.OperationId));
        Assert.Contains($"guesttune_trial={value} in /boot/grub/grubenv", trial.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("# mine\nmenuentry 'mine' {\n}\n")]
    [InlineData("no end of line")]
    public void End_AfterArm_LeavesNothingButWhatOthersHad(string? others)
    {
        using var tree = DebianGrub.Create();
        if (others is not null)
        {
            tree.Write(DebianGrub.Custom, others);
        }

        var before = tree.Snapshot();
        Trials(tree).Arm("op1");
        Trials(tree).Arm("op2");
        Assert.Equal("op2", Trials(tree).Read().OperationId);

        Trials(tree).End();

        Assert.Equal(before, tree.Snapshot());
        Assert.Equal(BootTrialState.None, Trials(tree).Read().State);
    }

    [Fact]
    public void Arm_LoaderEntries_CopiesTheEntryOfTheRunningKernel()
    {
        using var tree = DebianGrub.Create("30 1 252:1 / / rw - xfs /dev/mapper/rhel-root rw\n31 30 254:2 / /boot rw,relatime - xfs /dev/vda2 rw");
        Directory.Delete(tree.File("/boot/grub"), recursive: true);
        tree.Write("/boot/grub2/grub.cfg", "insmod blscfg\nblscfg\nif [ -f  ${config_directory}/custom.cfg ]; then\n  source ${config_directory}/custom.cfg\nfi\n");
        tree.Write("/boot/loader/entries/abc-5.14.0-427.el9.x86_64.conf", "title RHEL\nversion 5.14.0-427.el9.x86_64\nlinux /vmlinuz-5.14.0-427.el9.x86_64\ninitrd /initramfs-5.14.0-427.el9.x86_64.img $tuned_initrd\noptions root=/dev/mapper/rhel-root ro new=1\n");
        tree.Write("/proc/cmdline", "BOOT_IMAGE=(hd0,gpt2)/vmlinuz-5.14.0-427.el9.x86_64 root=/dev/mapper/rhel-root ro \"x=a b\"\n");

        Assert.Equal(BootTrialState.Armed, Trials(tree).Arm("op1").State);

        Assert.Contains(
            "\tlinux /vmlinuz-5.14.0-427.el9.x86_64 'root=/dev/mapper/rhel-root' 'ro' 'x=a b'\n\tinitrd /initramfs-5.14.0-427.el9.x86_64.img $tuned_initrd\n}",
            tree.Read("/boot/grub2/custom.cfg"),
            StringComparison.Ordinal);
        // There was no block: GRUB gets one of its own size.
        Assert.StartsWith("# GRUB Environment Block\nguesttune_trial=armed\n###", tree.Read("/boot/grub2/grubenv"), StringComparison.Ordinal);
        Assert.Equal(1024, tree.Read("/boot/grub2/grubenv").Length);
    }

    [Theory]
    [InlineData("21 1 0:23 / / rw - btrfs /dev/vda1 rw", "btrfs")]
    [InlineData("21 1 253:0 / / rw - ext4 /dev/mapper/vg-root rw", "LVM")]
    [InlineData("21 1 254:1 / /home rw - ext4 /dev/vda1 rw", "does not say on which file system")]
    public void Arm_GrubCannotWriteThere_IsNoneWithTheReason(string mount, string reason)
    {
        using var tree = DebianGrub.Create(mount);
        Directory.CreateDirectory(tree.File("/sys/dev/block/253:0/dm"));
        ShouldBeRefused(tree, reason);
    }

    [Fact]
    public void Arm_OtherThingsThanGrubExpects_IsNoneWithTheReason()
    {
        using var tree = DebianGrub.Create();
        tree.Write("/proc/cmdline", "console=ttyS0\n");
        ShouldBeRefused(tree, "GRUB did not start this kernel");

        tree.Write("/proc/cmdline", "BOOT_IMAGE=/boot/vmlinuz-5.0 ro\n");
        ShouldBeRefused(tree, "no menu entry for the running kernel /boot/vmlinuz-5.0");

        tree.Write("/proc/cmdline", DebianGrub.RunningLine + " x=\\y\n");
        ShouldBeRefused(tree, "unchanged");

        tree.Write("/proc/cmdline", DebianGrub.RunningLine + "\n");
        tree.Write(DebianGrub.Environment, "saved_entry=0\n");
        ShouldBeRefused(tree, "is not an environment block of GRUB");

        tree.Write(DebianGrub.Environment, DebianGrub.EnvironmentBlock($"x={new string('y', 920)}\n"));
        ShouldBeRefused(tree, "has no room for 'guesttune_trial'");

        tree.Write(DebianGrub.Environment, DebianGrub.EnvironmentBlock(""));
        tree.Write(DebianGrub.Configuration, tree.Read(DebianGrub.Configuration).Replace("source ${config_directory}/custom.cfg", "", StringComparison.Ordinal));
        ShouldBeRefused(tree, "does not read custom.cfg");

        File.Delete(tree.File(DebianGrub.Configuration));
        ShouldBeRefused(tree, "the boot loader is not GRUB");
    }

    private static void ShouldBeRefused(GuestTree tree, string reason)
    {
        var before = tree.Snapshot();
        var trial = Trials(tree).Arm("op1");
        Assert.Equal(BootTrialState.None, trial.State);
        Assert.Contains(reason, trial.Reason, StringComparison.Ordinal);
        Assert.Equal(before, tree.Snapshot());
    }

    private static GrubBootTrials Trials(GuestTree tree)
    {
        var files = new RootedFileSystem(tree.Path);
        return new GrubBootTrials(files, new SealedDiskGuard(new SealedDiskFinder(files)));
    }
}
