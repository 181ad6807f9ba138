using FsCheck;
using FsCheck.Fluent;
using GuestTune.Practices.Files;
using GuestTune.Practices.Tmpfiles;
using GuestTune.Practices.Values;

namespace GuestTune.Practices.Tests.Tmpfiles;

public sealed class TmpfilesTests : IDisposable
{
    private const string Target = "/sys/module/haltpoll/parameters/guest_halt_poll_ns";
    private const string Configuration = "/etc/tmpfiles.d/guesttune-haltpoll.conf";

    private readonly TemporaryDirectory _root = new();

    private TmpfilesKnob Knob => new(new RootedFileSystem(_root.Path), Configuration, Target, NumberValue.UInt32);

    public void Dispose() => _root.Dispose();

    [Fact]
    public void Write_NoFileThere_MakesItAndRemovingTakesItAway()
    {
        Directory.CreateDirectory(_root.File("etc"));
        Knob.Write("400000");

        Assert.Equal("400000", Knob.Read().Value);
        Assert.Contains($"\nw {Target} - - - - 400000\n", "\n" + _root.Read(Configuration), StringComparison.Ordinal);
        Knob.Write(null);
        Assert.False(File.Exists(_root.File(Configuration)));
        Assert.Equal(new KnobReading(null, null), Knob.Read());
    }

    [Fact]
    public void SetThenRemoveOrRestore_AnyForeignText_KeepsItsBytes()
    {
        var lines = Gen.Elements(
            "# comment", string.Empty, "d /run/x 0755 root root -", $"w /sys/other - - - - 1", $"w- {Target} - - - - 7", "garbage", $"\tw+!  {Target}\t- - - -   0x10  ", $"w {Target} - - -");
        var texts = from many in lines.ListOf() from end in Gen.Elements(string.Empty, "\n") select string.Join('\n', many) + end;
        Prop.ForAll(texts.ToArbitrary(), text =>
        {
            var before = TmpfilesText.Find(text, Target);
            var set = TmpfilesText.Set(text, Target, "99");
            var back = before is null ? TmpfilesText.Remove(set, Target) : TmpfilesText.Set(set, Target, before);
            return string.Equals(TmpfilesText.Find(set, Target), "99", StringComparison.Ordinal) && string.Equals(back, text, StringComparison.Ordinal);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }

    [Fact]
    public void Configuration_TwoFiles_TheOneThatSortsFirstWinsAndEtcHidesUsr()
    {
        _root.Write("etc/tmpfiles.d/b.conf", $"w {Target} - - - - 2\n");
        _root.Write("usr/lib/tmpfiles.d/a.conf", $"w {Target} - - - - 1\n");
        Assert.Equal(new TmpfilesValue("1", "/usr/lib/tmpfiles.d/a.conf"), Load().Find(Target));

        _root.Write("etc/tmpfiles.d/a.conf", "# hidden by the administrator\n");
        Assert.Equal(new TmpfilesValue("2", "/etc/tmpfiles.d/b.conf"), Load().Find(Target));
    }

    [Fact]
    public void IsAppliedAtBoot_NeedsTheProgramAndSystemd()
    {
        var files = new RootedFileSystem(_root.Path);
        Assert.False(TmpfilesConfiguration.IsAppliedAtBoot(files));
        _root.Write("usr/bin/systemd-tmpfiles", "x");
        Assert.False(TmpfilesConfiguration.IsAppliedAtBoot(files));
        Directory.CreateDirectory(_root.File("run/systemd/system"));
        Assert.True(TmpfilesConfiguration.IsAppliedAtBoot(files));
    }

    [Theory]
    [InlineData("1\nw /etc/shadow - - - - x")]
    [InlineData("%m")]
    [InlineData("\\x41")]
    public void Write_ValueWithAMeaningOfItsOwn_IsRefused(string value) => Assert.ThrowsAny<IOException>(() => Knob.Write(value));

    private TmpfilesConfiguration Load() => TmpfilesConfiguration.Load(new RootedFileSystem(_root.Path), "/sys/module/haltpoll/");
}
