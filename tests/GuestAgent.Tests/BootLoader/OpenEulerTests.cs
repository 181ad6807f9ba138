namespace GuestTune.Agent.Tests.BootLoader;

public sealed class OpenEulerTests : IDisposable
{
    private const string Configuration = "/boot/efi/EFI/openEuler/grub.cfg";
    private const string Defaults = "/etc/default/grub";

    private readonly BootTree _tree = new(BootTree.OpenEuler);

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void ReadNextBoot_SavedEntryByTitle_IsTheDefault()
    {
        var next = _tree.Arguments.ReadNextBoot();

        Assert.Equal(("5.10.0-60.18.0.50.oe2203.x86_64", Configuration), (next.Default!.Release, next.Default.Source));
        Assert.Equal(["5.10.0-136.12.0.86.oe2203.x86_64", "5.10.0-60.18.0.50.oe2203.x86_64"], next.Entries.Select(e => e.Release));
        Assert.EndsWith("rd.lvm.lv=openeuler/swap rhgb quiet crashkernel=512M", next.Default.CommandLine, StringComparison.Ordinal);
    }

    [Fact]
    public void Set_GoesIntoTheQuotedValueOverItsContinuationLines_AndToTheEfiPartition()
    {
        _tree.Set(("haltpoll.enable", "Y"), ("cpuidle_haltpoll.force", "Y"));

        Assert.Equal(["grub2-mkconfig -o /boot/efi/EFI/openEuler/grub.cfg.guesttune"], _tree.Mkconfig.Runs);
        Assert.Contains("rd.lvm.lv=openeuler/root \\\nrd.lvm.lv=openeuler/swap rhgb quiet crashkernel=512M haltpoll.enable=Y cpuidle_haltpoll.force=Y\"\n", _tree.Read(Defaults), StringComparison.Ordinal);
        Assert.All(_tree.Arguments.ReadNextBoot().Entries, e => Assert.Contains(" haltpoll.enable=Y cpuidle_haltpoll.force=Y", e.CommandLine, StringComparison.Ordinal));
        Assert.True(_tree.Arguments.IsOurs("haltpoll.enable"));
        Assert.False(_tree.Exists("/boot/grub2/grub.cfg"));
    }

    [Theory]
    [InlineData("GRUB_CMDLINE_LINUX=\"a b\"\n")]
    [InlineData("GRUB_CMDLINE_LINUX='a b'\n")]
    [InlineData("GRUB_CMDLINE_LINUX=a\n")]
    [InlineData("GRUB_CMDLINE_LINUX=\n")]
    [InlineData("GRUB_CMDLINE_LINUX=a\" b\"")]
    [InlineData("GRUB_CMDLINE_LINUX=\"\"\n")]
    [InlineData("GRUB_CMDLINE_LINUX=\"dyndbg=\\\"file x +p\\\" b\"\n")]
    [InlineData("export GRUB_CMDLINE_LINUX=\"a\" # it's so\nX=`echo '\"'`\n")]
    [InlineData("GRUB_CMDLINE_LINUX=\"first\"\nGRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX second\"\n")]
    [InlineData("GRUB_CMDLINE_LINUX=\"one\"\nGRUB_CMDLINE_LINUX_DEFAULT=\"two\"\n")]
    [InlineData("GRUB_CMDLINE_LINUX=\"$(echo \"a (b\") c\"\n")]
    [InlineData("GRUB_CMDLINE_LINUX_DEFAULT=\"${GRUB_CMDLINE_LINUX_DEFAULT:+$GRUB_CMDLINE_LINUX_DEFAULT }\\$tuned_params\"\n")]
    [InlineData("GRUB_CMDLINE_LINUX_DEFAULT=\"${X:-\"a b\"}\"\n")]
    [InlineData("if true; then GRUB_CMDLINE_LINUX=$((1+2)); fi\n")]
    [InlineData("GRUB_TIMEOUT=5")]
    [InlineData("# GRUB_CMDLINE_LINUX=\"not this\"\n")]
    public void SetAndTakeBack_HoweverTheFileIsQuoted_ReachesTheMenuAndRestoresEveryByte(string text)
    {
        _tree.Write(Defaults, "GRUB_DEFAULT=saved\n" + text);
        _tree.Mkconfig.Generate(Configuration);
        var before = _tree.Snapshot();

        _tree.Set(("x", "1"), ("y", string.Empty));

        Assert.EndsWith(" x=1 y", _tree.Line.TrimEnd(), StringComparison.Ordinal);
        var after = _tree.Snapshot();
        _tree.Set(("x", "1"), ("y", string.Empty));
        Assert.Equal(after, _tree.Snapshot());
        _tree.Set(("x", "2"));
        Assert.Equal("2", _tree.Get("x"));
        _tree.Set(("y", null), ("x", null));
        Assert.Equal(before, _tree.Snapshot());
    }

    [Theory]
    [InlineData("GRUB_CMDLINE_LINUX=\"a\n", "line 1 opens a quote that is never closed")]
    [InlineData("A=1\nGRUB_CMDLINE_LINUX='a\n", "line 2")]
    [InlineData("X=$(echo\n", "line 1")]
    public void Set_FileThatNobodyCanParse_IsRefused(string text, string reason)
    {
        _tree.Write(Defaults, text);
        var before = _tree.Snapshot();

        Assert.Contains($"{Defaults} cannot be understood: ", Assert.Throws<IOException>(() => _tree.Set(("x", "1"))).Message, StringComparison.Ordinal);
        Assert.Contains(reason, Assert.Throws<IOException>(() => _tree.Preview(("x", "1"))).Message, StringComparison.Ordinal);
        Assert.Equal(before, _tree.Snapshot());
    }

    [Fact]
    public void Set_ArgumentsThatTheGuideHadEditedIntoTheMenu_AreKept()
    {
        _tree.Replace(Configuration, "crashkernel=512M ", "crashkernel=512M arm_pvspin ");
        var before = _tree.Snapshot();

        _tree.Set(("x", "1"));

        Assert.All(_tree.Arguments.ReadNextBoot().Entries, e => Assert.EndsWith("arm_pvspin x=1", e.CommandLine, StringComparison.Ordinal));
        _tree.Set(("x", null));
        Assert.Equal(before, _tree.Snapshot());
    }

    [Fact]
    public void ReadNextBoot_Bios_ReadsTheMenuInBoot()
    {
        _tree.Delete(Configuration);
        _tree.Mkconfig.Generate("/boot/grub2/grub.cfg");

        Assert.Equal("/boot/grub2/grub.cfg", _tree.Arguments.ReadNextBoot().Default!.Source);
    }

    [Fact]
    public void ReadNextBoot_BiosWithAMenuLeftOnTheEfiPartition_ReadsTheMenuInBoot()
    {
        _tree.Mkconfig.Generate("/boot/grub2/grub.cfg");
        Assert.Equal(Configuration, _tree.Arguments.ReadNextBoot().Default!.Source);

        Directory.Delete(_tree.Files.Resolve("/sys/firmware/efi"), recursive: true);
        Assert.Equal("/boot/grub2/grub.cfg", _tree.Arguments.ReadNextBoot().Default!.Source);
    }

    [Fact]
    public void CheckSupport_TwoMenusOnTheEfiPartition_TakesThatOfThisSystem()
    {
        _tree.Write("/boot/efi/EFI/centos/grub.cfg", _tree.Read(Configuration));
        Assert.Equal(Configuration, _tree.Arguments.ReadNextBoot().Default!.Source);

        _tree.Write("/etc/os-release", "ID=other\n");
        Assert.Contains("several boot menus", _tree.Arguments.CheckSupport().Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Set_NoGeneratorAtAll_EditsTheMenuWithAWarning()
    {
        _tree.Delete("/usr/sbin/grub2-mkconfig");
        _tree.Delete(Defaults);
        var before = _tree.Snapshot();

        Assert.Contains("edited in place", Assert.Single(_tree.Arguments.CheckSupport().Warnings), StringComparison.Ordinal);
        Assert.Equal(Configuration, Assert.Single(_tree.Preview(("arm_pvspin", string.Empty))).Path);
        _tree.Set(("arm_pvspin", string.Empty));

        Assert.All(_tree.Arguments.ReadNextBoot().Entries, e => Assert.EndsWith(" arm_pvspin", e.CommandLine, StringComparison.Ordinal));
        _tree.Set(("arm_pvspin", null));
        Assert.Equal(before, _tree.Snapshot());
    }
}
