using FsCheck;
using FsCheck.Fluent;
using GuestTune.Practices.Files;
using GuestTune.Practices.Modprobe;
using GuestTune.Practices.Values;

namespace GuestTune.Practices.Tests.Modprobe;

public sealed class ModprobeTests : IDisposable
{
    private const string Own = "/etc/modprobe.d/guesttune-kvm.conf";

    private readonly TemporaryDirectory _root = new();

    private RootedFileSystem Files => new(_root.Path);

    private ModprobeKnob Knob => new(Files, Own, "kvm", "halt_poll_ns", NumberValue.UInt32);

    public void Dispose() => _root.Dispose();

    [Fact]
    public void Write_NoFileThere_MakesItAndRemovingTakesItAway()
    {
        Directory.CreateDirectory(_root.File("etc"));

        Knob.Write("400000");

        Assert.Equal(new KnobReading("400000", null), Knob.Read());
        Assert.Contains("\noptions kvm halt_poll_ns=400000\n", _root.Read(Own), StringComparison.Ordinal);
        Knob.Write(null);
        Assert.False(File.Exists(_root.File(Own)));
    }

    [Fact]
    public void SetThenRemove_AnyForeignText_KeepsItsBytes()
    {
        var lines = Gen.Elements("# comment", "", "options kvm_intel nested=1", "options kvm ignore_msrs=1 halt_poll_ns=7", "blacklist kvm", "  options\tkvm grow=2", "options kvm \\", "garbage");
        var texts = from many in lines.ListOf() from end in Gen.Constant("\n") select string.Concat(many.Select(l => l + end));
        Prop.ForAll(texts.ToArbitrary(), text =>
        {
            var set = ModprobeText.Set(text, "kvm", "halt_poll_ns", "5");
            return ModprobeText.Find(set, "kvm", "halt_poll_ns") == "5" && ModprobeText.Remove(set, "kvm", "halt_poll_ns") == text;
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("options kvm halt_poll_ns=1 halt_poll_ns=2", "2")]
    [InlineData("options kvm halt_poll_ns=1\noptions kvm grow=2\n", "1")]
    [InlineData("options kvm \\\n  halt_poll_ns=3", "3")]
    [InlineData("options kvm halt-poll-ns=4", "4")]
    [InlineData("# options kvm halt_poll_ns=1", null)]
    [InlineData("options kvm_intel halt_poll_ns=1", null)]
    [InlineData("options kvm halt_poll_ns_grow=1", null)]
    public void Find_Text_IsWhatTheKernelGets(string text, string? expected) => Assert.Equal(expected, ModprobeText.Find(text, "kvm", "halt_poll_ns"));

    [Fact]
    public void Find_SeveralFiles_TheLastNameCountsAndEtcHidesLib()
    {
        _root.Write("/etc/modprobe.d/a.conf", "options kvm halt_poll_ns=1\n");
        _root.Write("/usr/lib/modprobe.d/z.conf", "options kvm halt_poll_ns=2\n");
        Assert.Equal(("2", "/usr/lib/modprobe.d/z.conf"), ModprobeConfiguration.Find(Files, "kvm", "halt_poll_ns"));

        _root.Write("/etc/modprobe.d/z.conf", "# nothing\n");

        Assert.Equal(("1", "/etc/modprobe.d/a.conf"), ModprobeConfiguration.Find(Files, "kvm", "halt_poll_ns"));
    }
}
