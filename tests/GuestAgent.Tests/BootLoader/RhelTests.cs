using GuestTune.Agent.BootLoader;

namespace GuestTune.Agent.Tests.BootLoader;

public sealed class RhelTests : IDisposable
{
    private const string Entries = "/boot/loader/entries/";
    private const string Machine = "6ae4a2a4c9c64d9e8c3e6cbd6b0f5f11-";
    private const string Newest = Entries + Machine + "5.14.0-362.8.1.el9_3.x86_64.conf";
    private const string Older = Entries + Machine + "5.14.0-70.13.1.el9_0.x86_64.conf";
    private const string Rescue = Entries + Machine + "0-rescue.conf";
    private const string Environment = "/boot/grub2/grubenv";

    private readonly BootTree _tree = new(BootTree.Rhel);

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void ReadNextBoot_EntriesInTheMenusOrder_WithVariablesPutIn()
    {
        var next = _tree.Arguments.ReadNextBoot();

        Assert.Equal(["5.14.0-362.8.1.el9_3.x86_64", "5.14.0-70.13.1.el9_0.x86_64", "0-rescue-6ae4a2a4c9c64d9e8c3e6cbd6b0f5f11"], next.Entries.Select(e => e.Release));
        Assert.Equal((Newest, "Red Hat Enterprise Linux (5.14.0-362.8.1.el9_3.x86_64) 9.3 (Plow)"), (next.Default!.Source, next.Default.Title));
        Assert.EndsWith("rd.lvm.lv=rhel/swap skew_tick=1", next.Default.CommandLine, StringComparison.Ordinal);
        Assert.True(next.Entries[2].IsRecovery);
    }

    [Fact]
    public void Set_ReachesEveryKernelAndThoseToCome_ButNotTheRescueEntry()
    {
        var before = _tree.Snapshot();
        var rescue = _tree.Read(Rescue);

        _tree.Set(("nohz", string.Empty), ("a", "1"));

        Assert.Contains("\noptions root=/dev/mapper/rhel-root ro crashkernel=1G-4G:192M,4G-64G:256M,64G-:512M resume=/dev/mapper/rhel-swap rd.lvm.lv=rhel/root rd.lvm.lv=rhel/swap $tuned_params nohz a=1\ngrub_users", _tree.Read(Newest), StringComparison.Ordinal);
        Assert.Contains("$tuned_params nohz a=1\n", _tree.Read(Older), StringComparison.Ordinal);
        Assert.EndsWith("rd.lvm.lv=rhel/swap nohz a=1\n", _tree.Read("/etc/kernel/cmdline"), StringComparison.Ordinal);
        Assert.Contains("rd.lvm.lv=rhel/swap nohz a=1\"\n", _tree.Read("/etc/default/grub"), StringComparison.Ordinal);
        Assert.Equal(rescue, _tree.Read(Rescue));
        Assert.Empty(_tree.Mkconfig.Runs);
        Assert.EndsWith("skew_tick=1 nohz a=1", _tree.Line, StringComparison.Ordinal);

        _tree.Set(("a", null), ("nohz", null));
        Assert.Equal(before, _tree.Snapshot());
    }

    [Fact]
    public void TakeBack_EntryOfAKernelInstalledMeanwhile_LosesOursToo()
    {
        _tree.Set(("a", "1"));
        var later = Entries + Machine + "5.14.0-427.13.1.el9_4.x86_64.conf";
        _tree.Write(later, _tree.Read(Newest).Replace("5.14.0-362.8.1.el9_3", "5.14.0-427.13.1.el9_4", StringComparison.Ordinal));

        _tree.Set(("a", null));

        Assert.DoesNotContain("a=1", _tree.Read(later), StringComparison.Ordinal);
    }

    [Fact]
    public void Set_EntriesThatSayKernelopts_EditsTheEnvironmentBlockWithinItsSize()
    {
        // As RHEL 8 has it.
        WriteEnvironment("saved_entry=" + Machine + "5.14.0-70.13.1.el9_0.x86_64", "kernelopts=root=/dev/mapper/rhel-root ro quiet ", "boot_success=0");
        foreach (var entry in new[] { Newest, Older })
        {
            _tree.Write(entry, string.Join('\n', _tree.Read(entry).Split('\n').Select(l => l.StartsWith("options", StringComparison.Ordinal) ? "options $kernelopts $tuned_params" : l)));
        }

        var before = _tree.Snapshot();
        _tree.Set(("a", "1"));

        Assert.Equal("root=/dev/mapper/rhel-root ro quiet  a=1", _tree.Line.TrimEnd());
        Assert.Equal("5.14.0-70.13.1.el9_0.x86_64", _tree.Arguments.ReadNextBoot().Default!.Release);
        Assert.Equal(1024, _tree.Read(Environment).Length);
        Assert.EndsWith("\nboot_success=0\n######", _tree.Read(Environment).TrimEnd('#') + "######", StringComparison.Ordinal);
        Assert.Contains("options $kernelopts $tuned_params\n", _tree.Read(Newest), StringComparison.Ordinal);

        _tree.Set(("a", null));
        Assert.Equal(before, _tree.Snapshot());
    }

    [Fact]
    public void Set_EnvironmentBlockIsFull_ChangesNothing()
    {
        WriteEnvironment("kernelopts=root=/dev/mapper/rhel-root " + new string('x', 950));
        _tree.Write(Newest, "title t\nlinux /vmlinuz-1\noptions $kernelopts\n");
        var before = _tree.Snapshot();

        Assert.Contains("has no room for 'kernelopts'", Assert.Throws<IOException>(() => _tree.Set(("abcdef", "1234567"))).Message, StringComparison.Ordinal);
        Assert.Equal(before, _tree.Snapshot());
    }

    [Theory]
    [InlineData("saved_entry=" + Machine + "5.14.0-70.13.1.el9_0.x86_64", "5.14.0-70.13.1.el9_0.x86_64")]
    [InlineData("saved_entry=1", "5.14.0-70.13.1.el9_0.x86_64")]
    [InlineData("saved_entry=gone", "5.14.0-362.8.1.el9_3.x86_64")]
    [InlineData("x=y", "5.14.0-362.8.1.el9_3.x86_64")]
    public void ReadNextBoot_SavedEntry_IsFollowed(string line, string release)
    {
        WriteEnvironment(line);
        Assert.Equal(release, _tree.Arguments.ReadNextBoot().Default!.Release);
    }

    [Fact]
    public void Set_EntryWithoutOptions_IsRefusedAndNothingChanges()
    {
        _tree.Write(Older, "title t\nlinux /vmlinuz-old\n");
        var before = _tree.Snapshot();

        Assert.Contains("has no line of options", Assert.Throws<IOException>(() => _tree.Set(("a", "1"))).Message, StringComparison.Ordinal);
        Assert.Equal(before, _tree.Snapshot());
    }

    [Theory]
    [InlineData("5.14.0-70", "5.14.0-362", -1)]
    [InlineData("6.1.0-9", "6.1.0-10", -1)]
    [InlineData("1.0", "1.0.1", -1)]
    [InlineData("0-rescue", "5.1", -1)]
    [InlineData("5.10rc1", "5.10.1", -1)]
    [InlineData("a-1", "a_1", 0)]
    public void VersionOrder_ComparesNumbersAsNumbers(string left, string right, int order)
    {
        Assert.Equal(order, Math.Sign(VersionOrder.Instance.Compare(left, right)));
        Assert.Equal(-order, Math.Sign(VersionOrder.Instance.Compare(right, left)));
    }

    private void WriteEnvironment(params string[] lines)
        => _tree.Write(Environment, ("# GRUB Environment Block\n" + string.Concat(lines.Select(l => l + "\n"))).PadRight(1024, '#'));
}
