using GuestTune.Practices.Commands;

namespace GuestTune.Agent.Tests.BootLoader;

public sealed class DebianTests : IDisposable
{
    private const string Configuration = "/boot/grub/grub.cfg";
    private const string DropIn = "/etc/default/grub.d/zz-guesttune.cfg";

    private readonly BootTree _tree = new(BootTree.Debian);

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void ReadNextBoot_NamesTheDefaultEntryAndEveryKernel()
    {
        var next = _tree.Arguments.ReadNextBoot();

        Assert.Equal(("Debian GNU/Linux", "6.1.0-28-amd64", Configuration), (next.Default!.Title, next.Default.Release, next.Default.Source));
        Assert.Equal("root=UUID=7c0f6d0a-5a4e-4c52-a2a6-0d7f6c1b9e11 ro console=tty0 console=ttyS0,115200 quiet", next.Default.CommandLine);
        Assert.Null(next.Once);
        Assert.Equal(
            [("6.1.0-28-amd64", false), ("6.1.0-28-amd64", false), ("6.1.0-28-amd64", true), ("6.1.0-25-amd64", false), ("6.1.0-25-amd64", true)],
            next.Entries.Select(e => (e.Release, e.IsRecovery)));
    }

    [Fact]
    public void Set_NewArguments_GoIntoADropInThroughOneRunOfTheGenerator()
    {
        _tree.Set(("cpuidle_haltpoll.force", "Y"), ("nohz", string.Empty));

        Assert.Equal(["grub-mkconfig -o /boot/grub/grub.cfg.guesttune"], _tree.Mkconfig.Runs);
        Assert.EndsWith("GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT cpuidle_haltpoll.force=Y nohz\"\n", _tree.Read(DropIn), StringComparison.Ordinal);
        Assert.EndsWith(" quiet cpuidle_haltpoll.force=Y nohz", _tree.Line, StringComparison.Ordinal);
        Assert.Equal(("Y", string.Empty), (_tree.Get("cpuidle_haltpoll.force"), _tree.Get("nohz")));
        Assert.True(_tree.Arguments.IsOurs("cpuidle-haltpoll.force"));
        Assert.All(_tree.Arguments.ReadNextBoot().Entries, e => Assert.Equal(!e.IsRecovery, e.CommandLine.Contains("force=Y", StringComparison.Ordinal)));
        Assert.False(_tree.Exists(Configuration + ".guesttune"));
    }

    [Fact]
    public void SetAndTakeBack_RestoresEveryByte()
    {
        var before = _tree.Snapshot();

        _tree.Set(("a", "1"), ("b", string.Empty));
        _tree.Set(("quiet", "no"));
        _tree.Set(("quiet", string.Empty));
        _tree.Set(("a", null), ("b", null));

        Assert.Equal(before, _tree.Snapshot());
        Assert.False(_tree.Arguments.IsOurs("a"));
    }

    [Fact]
    public void Set_KeyThatSomebodyElseGave_IsOverruledNotRemoved()
    {
        _tree.Replace("/etc/default/grub", "\"quiet\"", "\"quiet mitigations=auto\"");
        _tree.Mkconfig.Generate(Configuration);

        _tree.Set(("mitigations", "off"));

        Assert.EndsWith("quiet mitigations=auto mitigations=off", _tree.Line, StringComparison.Ordinal);
        Assert.Equal("off", _tree.Get("mitigations"));
        var e = Assert.Throws<IOException>(() => _tree.Set(("mitigations", null)));
        Assert.Contains("was not added by GuestTune", e.Message, StringComparison.Ordinal);
        _tree.Set(("mitigations", "auto"));
        Assert.EndsWith("quiet mitigations=auto", _tree.Line, StringComparison.Ordinal);
    }

    [Fact]
    public void Preview_ShowsTheDropInAndChangesNothing()
    {
        var before = _tree.Snapshot();

        var edit = Assert.Single(_tree.Preview(("a", "1")));

        Assert.Equal((DropIn, null), (edit.Path, edit.Before));
        Assert.Contains(" a=1\"\n", edit.After, StringComparison.Ordinal);
        Assert.Equal(before, _tree.Snapshot());
        Assert.Empty(_tree.Mkconfig.Runs);
    }

    [Fact]
    public void Set_GeneratorFails_PutsEveryFileBackAndReportsWhatItSaid()
    {
        _tree.Set(("a", "1"));
        var before = _tree.Snapshot();
        _tree.Mkconfig.Fault = file =>
        {
            _tree.Write(file + ".new", "half a fi");
            return new CommandResult(1, string.Empty, "/usr/sbin/grub-probe: error: failed to get canonical path of `overlay'.\n");
        };

        var e = Assert.Throws<IOException>(() => _tree.Set(("b", "2")));

        Assert.Contains("grub-mkconfig -o /boot/grub/grub.cfg.guesttune ended with exit code 1; it said: /usr/sbin/grub-probe: error", e.Message, StringComparison.Ordinal);
        Assert.EndsWith("every file is as it was before", e.Message, StringComparison.Ordinal);
        Assert.Equal(before, _tree.Snapshot());
        Assert.Equal("1", _tree.Get("a"));
    }

    [Fact]
    public void Set_GeneratorHangs_PutsEveryFileBack()
    {
        var before = _tree.Snapshot();
        _tree.Mkconfig.Fault = static _ => new CommandResult(null, string.Empty, "Found linux image: /boot/vmlinuz-6.1.0-28-amd64\n");

        var e = Assert.Throws<IOException>(() => _tree.Set(("b", "2")));

        Assert.Contains("did not end within 300 s and was killed", e.Message, StringComparison.Ordinal);
        Assert.Equal(before, _tree.Snapshot());
    }

    [Theory]
    [InlineData("menuentry 'x", "a quote is never closed")]
    [InlineData("# nothing\n", "starts no Linux kernel")]
    public void Set_GeneratorWritesNonsense_PutsEveryFileBack(string text, string reason)
    {
        var before = _tree.Snapshot();
        _tree.Mkconfig.Fault = file =>
        {
            _tree.Write(file, text);
            return new CommandResult(0, string.Empty, string.Empty);
        };

        Assert.Contains(reason, Assert.Throws<IOException>(() => _tree.Set(("b", "2"))).Message, StringComparison.Ordinal);
        Assert.Equal(before, _tree.Snapshot());
    }

    [Fact]
    public void Set_GeneratorLeavesTheArgumentOut_IsAFailureNotASuccess()
    {
        var before = _tree.Snapshot();
        _tree.Mkconfig.Fault = file =>
        {
            _tree.Write(file, _tree.Read(Configuration));
            return new CommandResult(0, string.Empty, string.Empty);
        };

        Assert.Contains("b would be absent at the next boot, not '2'", Assert.Throws<IOException>(() => _tree.Set(("b", "2"))).Message, StringComparison.Ordinal);
        Assert.Equal(before, _tree.Snapshot());
    }

    [Fact]
    public void Set_ArgumentsThatStandInTheGeneratedFileOnly_AreKept()
    {
        _tree.Replace(Configuration, "console=ttyS0,115200 quiet", "console=ttyS0,115200 quiet arm_pvspin");
        var before = _tree.Snapshot();

        _tree.Set(("a", "1"));

        Assert.EndsWith("quiet arm_pvspin a=1", _tree.Line, StringComparison.Ordinal);
        Assert.True(_tree.Exists(DropIn));
        _tree.Set(("a", null));
        Assert.Equal(before, _tree.Snapshot());
    }

    [Theory]
    [InlineData("\tinsmod ext2\n", "\tinsmod ext2\n\tinsmod lvm\n")]
    [InlineData("\tsearch --no-floppy --fs-uuid --set=root ", "\tset root='lvmid/x/y'\n\tsearch --no-floppy --fs-uuid --set=root ")]
    [InlineData("### END /etc/grub.d/10_linux ###\n", "### END /etc/grub.d/10_linux ###\nmenuentry 'Windows 11 (on /dev/vdb1)' {\n\tchainloader /EFI/Microsoft/Boot/bootmgfw.efi\n}\n")]
    public void Set_GeneratorSeesLessOfTheDisks_LosesNothingOfTheMenu(string common, string before)
    {
        _tree.Replace(Configuration, common, before);
        var menu = _tree.Read(Configuration);

        _tree.Set(("a", "1"));

        Assert.EndsWith(" a=1", _tree.Line, StringComparison.Ordinal);
        Assert.Equal(menu, _tree.Read(Configuration).Replace(" a=1", string.Empty, StringComparison.Ordinal));
        _tree.Set(("a", null));
        Assert.Equal(menu, _tree.Read(Configuration));
    }

    [Fact]
    public void Set_DefaultThatIsChosenByATitleOfAnotherLanguage_IsNotLost()
    {
        _tree.Replace(Configuration, "set default=\"0\"", "set default=\"Erweiterte Optionen>Debian GNU/Linux, mit Linux 6.1.0-25-amd64\"");
        _tree.Replace(Configuration, "'Advanced options for Debian GNU/Linux'", "'Erweiterte Optionen'");
        _tree.Replace(Configuration, "'Debian GNU/Linux, with Linux 6.1.0-25-amd64'", "'Debian GNU/Linux, mit Linux 6.1.0-25-amd64'");

        _tree.Set(("a", "1"));

        Assert.Equal("6.1.0-25-amd64", _tree.Arguments.ReadNextBoot().Default!.Release);
        Assert.EndsWith(" a=1", _tree.Line, StringComparison.Ordinal);
    }

    [Fact]
    public void Set_KernelIsInstalledMeanwhile_GeneratesAgain()
    {
        _tree.Mkconfig.Fault = _ =>
        {
            if (_tree.Mkconfig.Runs.Count == 1)
            {
                _tree.Write("/boot/vmlinuz-6.1.0-30-amd64", "kernel");
                _tree.Mkconfig.Generate(Configuration);
                _tree.Write(Configuration + ".guesttune", "made before that kernel");
                return new CommandResult(0, string.Empty, string.Empty);
            }

            return null;
        };

        _tree.Set(("a", "1"));

        Assert.Equal(2, _tree.Mkconfig.Runs.Count);
        Assert.Equal("6.1.0-30-amd64", _tree.Arguments.ReadNextBoot().Default!.Release);
    }

    [Fact]
    public void Set_MenuIsWrittenAgainAndAgain_GivesUp()
    {
        _tree.Mkconfig.Fault = _ =>
        {
            _tree.Write(Configuration, _tree.Read(Configuration) + "#\n");
            return new CommandResult(0, string.Empty, string.Empty);
        };

        Assert.Contains("is being written by something else", Assert.Throws<IOException>(() => _tree.Set(("a", "1"))).Message, StringComparison.Ordinal);
        Assert.False(_tree.Exists(DropIn));
    }

    [Fact]
    public void Set_LineThatTheKernelWouldCutOff_IsRefused()
    {
        _tree.Replace("/etc/default/grub", "\"quiet\"", $"\"quiet {string.Join(' ', Enumerable.Range(0, 180).Select(i => $"x{i}=123456"))}\"");
        _tree.Mkconfig.Generate(Configuration);
        var before = _tree.Snapshot();

        Assert.Contains("cuts off what is behind the first 2047", Assert.Throws<IOException>(() => _tree.Set(("a", "1"))).Message, StringComparison.Ordinal);
        Assert.Equal(before, _tree.Snapshot());
    }

    [Theory]
    [InlineData("GRUB_DEFAULT=saved", "gnulinux-advanced-7c0f6d0a-5a4e-4c52-a2a6-0d7f6c1b9e11>gnulinux-6.1.0-25-amd64-advanced-7c0f6d0a-5a4e-4c52-a2a6-0d7f6c1b9e11", "6.1.0-25-amd64")]
    [InlineData("GRUB_DEFAULT=saved", "1>2", "6.1.0-25-amd64")]
    [InlineData("GRUB_DEFAULT=saved", "no such entry", "6.1.0-28-amd64")]
    [InlineData("GRUB_DEFAULT=saved", "", "6.1.0-28-amd64")]
    [InlineData("GRUB_DEFAULT='Advanced options for Debian GNU/Linux>Debian GNU/Linux, with Linux 6.1.0-25-amd64'", "0", "6.1.0-25-amd64")]
    public void ReadNextBoot_DefaultByNumberIdOrTitle_IsFound(string setting, string saved, string release)
    {
        _tree.Replace("/etc/default/grub", "GRUB_DEFAULT=0", setting);
        _tree.Mkconfig.Generate(Configuration);
        WriteEnvironment("saved_entry=" + saved);

        Assert.Equal(release, _tree.Arguments.ReadNextBoot().Default!.Release);
    }

    [Fact]
    public void ReadNextBoot_EntryForTheNextBootOnly_IsTold()
    {
        WriteEnvironment("next_entry=1>3");

        var next = _tree.Arguments.ReadNextBoot();

        Assert.Equal("Debian GNU/Linux, with Linux 6.1.0-25-amd64 (recovery mode)", next.Next!.Title);
        Assert.Equal("Debian GNU/Linux", next.Default!.Title);
    }

    [Fact]
    public void CheckSupport_GeneratorMissing_SaysWhichPackageHasIt()
    {
        _tree.Delete("/usr/sbin/grub-mkconfig");

        var support = _tree.Arguments.CheckSupport();

        Assert.False(support.Supported);
        Assert.Contains("grub2-common", support.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void CheckSupport_OtherRoot_ReadsButDoesNotRunPrograms()
    {
        _tree.Mkconfig.WhyNotAvailable = "programs are run in the running system only";

        Assert.Contains("running system only", _tree.Arguments.CheckSupport().Reason, StringComparison.Ordinal);
        Assert.Equal(string.Empty, _tree.Get("quiet"));
        Assert.Throws<IOException>(() => _tree.Set(("a", "1")));
    }

    [Fact]
    public void Set_DropInEditedBySomebody_IsRefusedAndLeft()
    {
        _tree.Set(("a", "1"));
        _tree.Write(DropIn, _tree.Read(DropIn) + "GRUB_TIMEOUT=1\n");
        var before = _tree.Snapshot();

        Assert.Contains("is not as GuestTune wrote it", Assert.Throws<IOException>(() => _tree.Set(("b", "1"))).Message, StringComparison.Ordinal);
        Assert.Equal(before, _tree.Snapshot());
    }

    private void WriteEnvironment(string line) => _tree.Write("/boot/grub/grubenv", $"# GRUB Environment Block\n{line}\n".PadRight(1024, '#'));
}
