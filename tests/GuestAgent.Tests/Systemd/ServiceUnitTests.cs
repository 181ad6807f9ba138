using GuestTune.Agent.Systemd;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.Tests.Systemd;

public sealed class ServiceUnitTests
{
    private static readonly Dictionary<string, string> Environment = new(StringComparer.Ordinal) { ["ONE"] = "a b", ["LIST"] = "x,y" };

    [Theory]
    [InlineData("-/bin/p a  b", "/bin/p", "a|b")]
    [InlineData("@/bin/p name a", "/bin/p", "a")]
    [InlineData("/bin/p 'a b' \"c d\" e\\ f g\\x2dh", "/bin/p", "a b|c d|e f|g-h")]
    [InlineData("/bin/p --l=${LIST} $ONE ${ONE} x$ONE $NONE ${NONE}", "/bin/p", "--l=x,y|a|b|a b|x$ONE|")]
    [InlineData(":/bin/p $ONE ${ONE}", "/bin/p", "$ONE|${ONE}")]
    [InlineData("/bin/p 100%% $$ONE", "/bin/p", "100%|$ONE")]
    public void Parse_Command_AsSystemdSplitsIt(string text, string program, string words)
    {
        var command = ExecCommand.Parse(text, Environment);

        Assert.Equal((program, words), (command.Program, string.Join('|', command.Words)));
    }

    [Fact]
    public void Load_DropIns_OverruleByNameAndDirectory()
    {
        using var tree = GuestTree.WithoutHaltpoll();
        tree.Write("/usr/lib/systemd/system/x.service", "[Service]\n# no\nExecStart=/bin/p \\\n; no\n  first\nEnvironment=A=1 \"B=2 3\"\n");
        tree.Write("/usr/lib/systemd/system/x.service.d/50-a.conf", "[Service]\nExecStart=\nExecStart=/bin/p hidden\n");
        tree.Write("/etc/systemd/system/x.service.d/50-a.conf", "[Service]\nExecStart=\nExecStart=/bin/p $A ${B}\nEnvironmentFile=-/etc/missing\nEnvironmentFile=/etc/x.env\n");
        tree.Write("/run/systemd/system/x.service.d/60-b.conf", "[Unit]\nExecStart=/bin/wrong\n");
        tree.Write("/etc/x.env", "# c\nA='one'\\\n  C=x\n");
        var files = new RootedFileSystem(tree.Path);

        var unit = ServiceUnit.Load(files, "x.service")!;
        var without = ServiceUnit.Load(files, "x.service", without: "/etc/systemd/system/x.service.d/50-a.conf")!;

        Assert.Equal(["/etc/systemd/system/x.service.d/50-a.conf", "/run/systemd/system/x.service.d/60-b.conf"], unit.DropIns);
        Assert.Equal("/etc/systemd/system/x.service.d/50-a.conf", unit.StartSource);
        Assert.Equal(["one C=x", "2 3"], [unit.Start!.Words.First() + " " + unit.Start.Words.ElementAt(1), unit.Start.Words.Last()]);
        Assert.Equal(["/etc/x.env"], unit.EnvironmentFiles);
        Assert.Equal("/bin/p first", without.Start!.Text);
        Assert.Null(ServiceUnit.Load(files, "y.service"));
    }
}
