namespace GuestTune.Agent.Tests.BootLoader;

public sealed class SystemdBootTests : IDisposable
{
    private const string Entries = "/boot/loader/entries/6ae4a2a4c9c64d9e8c3e6cbd6b0f5f11-";
    private const string Newest = Entries + "6.12.9-arch1-1.conf";
    private const string Older = Entries + "6.6.30-1-lts.conf";

    private readonly BootTree _tree = new(BootTree.Systemd);

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void SetAndTakeBack_EditsEveryEntryAndTheLineForThoseToCome()
    {
        var before = _tree.Snapshot();

        _tree.Set(("nohz", "on"));

        Assert.Contains("options    root=UUID=9d4c2f0e-30c1-4fd1-9a4a-5e6d1f7f8a11 rw quiet nohz=on\n", _tree.Read(Newest), StringComparison.Ordinal);
        Assert.Contains(" nohz=on\n", _tree.Read(Older), StringComparison.Ordinal);
        Assert.EndsWith(" rw quiet nohz=on\n", _tree.Read("/etc/kernel/cmdline"), StringComparison.Ordinal);
        _tree.Set(("nohz", null));
        Assert.Equal(before, _tree.Snapshot());
    }

    [Fact]
    public void ReadNextBoot_NothingSaysOtherwise_TheNewestVersionIsFirst()
        => Assert.Equal(["6.12.9-arch1-1", "6.6.30-1-lts"], _tree.Arguments.ReadNextBoot().Entries.Select(e => e.Release));

    [Fact]
    public void ReadNextBoot_ChosenEntries_AreFoundInTheirOrder()
    {
        _tree.Write("/boot/loader/loader.conf", "timeout 3\ndefault *-lts.conf\n");
        Assert.Equal(Older, _tree.Arguments.ReadNextBoot().Default!.Source);

        _tree.WriteVariable("LoaderEntryDefault", Path.GetFileName(Newest));
        Assert.Equal(Newest, _tree.Arguments.ReadNextBoot().Default!.Source);

        _tree.WriteVariable("LoaderEntryOneShot", Path.GetFileName(Older));
        Assert.Equal((Newest, Older), (_tree.Arguments.ReadNextBoot().Default!.Source, _tree.Arguments.ReadNextBoot().Next!.Source));
    }

    [Fact]
    public void Set_DefaultIsAnImage_IsRefused()
    {
        _tree.WriteVariable("LoaderEntryDefault", "arch-linux.efi");
        Assert.Contains("unified kernel image", Assert.Throws<IOException>(() => _tree.Set(("a", "1"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Set_SeveralLinesOfOptions_EditsTheLast()
    {
        _tree.Write(Newest, "title x\nversion 6.12.9-arch1-1\nsort-key arch\nlinux /linux\noptions root=/dev/vda1\n# options no\noptions quiet  \n");

        _tree.Set(("a", "1"));

        Assert.EndsWith("options root=/dev/vda1\n# options no\noptions quiet a=1  \n", _tree.Read(Newest), StringComparison.Ordinal);
        Assert.Equal("root=/dev/vda1 quiet a=1", _tree.Line);
    }
}
