using GuestTune.Agent.BootLoader;
using GuestTune.Practices.Commands;

namespace GuestTune.Agent.Tests.BootLoader;

/// <summary>Power cuts: the process stops at some step, and nothing after it is done.</summary>
public sealed class BootTransactionTests
{
    private sealed class PowerCutException : Exception;

    [Theory]
    [InlineData(BootTree.Debian)]
    [InlineData(BootTree.OpenEuler)]
    public void PowerCut_WhileTheGeneratorRuns_IsPutBackAtTheNextStart(string distribution)
    {
        using var tree = new BootTree(distribution);
        tree.Set(("a", "1"));
        var before = tree.Snapshot();
        tree.Mkconfig.Fault = file =>
        {
            tree.Write(file + ".new", "half");
            throw new PowerCutException();
        };
        Assert.Throws<PowerCutException>(() => tree.Set(("b", "2")));
        Assert.NotEqual(before, tree.Snapshot());
        Assert.Contains("was cut off", tree.Arguments.OpenKnob("b").Read().Problem, StringComparison.Ordinal);
        Assert.False(tree.Arguments.CheckSupport().Supported);

        var report = tree.Arguments.Recover();

        Assert.NotEmpty(report);
        Assert.Equal(before, tree.Snapshot());
        Assert.Equal(("1", null), (tree.Get("a"), tree.Get("b")));
        Assert.Empty(tree.Arguments.Recover());

        // The same operation again completes it.
        tree.Mkconfig.Fault = static _ => null;
        tree.Set(("b", "2"));
        Assert.Equal(("1", "2"), (tree.Get("a"), tree.Get("b")));
    }

    [Fact]
    public void Recover_AfterAnyStep_GivesTheOldContentOfEveryFile()
    {
        string[] paths = ["/boot/one", "/boot/two", "/boot/new"];
        BootEdit[] edits = [new(paths[0], "1", "A"), new(paths[1], "2", null), new(paths[2], null, "C")];
        for (var steps = 0; steps <= paths.Length; steps++)
        {
            using var tree = new BootTree(null);
            tree.Write(paths[0], "1");
            tree.Write(paths[1], "2");
            var transaction = BootTransaction.Begin(tree.Files, BootTree.State, edits, ["/boot/generated"]);
            foreach (var edit in edits.Take(steps))
            {
                transaction.Write(edit.Path, edit.After);
            }

            tree.Write("/boot/generated", "by a program");
            BootTransaction.Recover(tree.Files, BootTree.State);

            Assert.Equal(("1", "2", false, false), (tree.Read(paths[0]), tree.Read(paths[1]), tree.Exists(paths[2]), tree.Exists("/boot/generated")));
        }
    }

    [Fact]
    public void Recover_FileThatSomebodyChangedMeanwhile_IsLeft()
    {
        using var tree = new BootTree(null);
        tree.Write("/boot/one", "1");
        var transaction = BootTransaction.Begin(tree.Files, BootTree.State, [new BootEdit("/boot/one", "1", "A")], []);
        transaction.Write("/boot/one", "A");
        tree.Write("/boot/one", "administrator's");

        Assert.Equal(new PutBackFile("/boot/one", IsLeft: true), Assert.Single(BootTransaction.Recover(tree.Files, BootTree.State)));
        Assert.Equal("administrator's", tree.Read("/boot/one"));
    }

    [Fact]
    public void Write_FileThatSomebodyChangedSinceItWasRead_IsRefused()
    {
        using var tree = new BootTree(null);
        tree.Write("/boot/one", "administrator's");
        var transaction = BootTransaction.Begin(tree.Files, BootTree.State, [new BootEdit("/boot/one", "1", "A")], []);

        Assert.Contains("just been changed by somebody else", Assert.Throws<IOException>(() => transaction.Write("/boot/one", "A")).Message, StringComparison.Ordinal);
        transaction.RollBack();
        Assert.Equal("administrator's", tree.Read("/boot/one"));
    }

    [Fact]
    public void Set_FailsWhileSomebodyEditsTheSameFile_LeavesThatAndSaysSo()
    {
        using var tree = new BootTree(BootTree.OpenEuler);
        tree.Mkconfig.Fault = _ =>
        {
            tree.Write("/etc/default/grub", "GRUB_CMDLINE_LINUX=administrator\n");
            return new CommandResult(1, string.Empty, "no");
        };

        Assert.EndsWith("/etc/default/grub is left as it is: somebody else has changed it meanwhile", Assert.Throws<IOException>(() => tree.Set(("a", "1"))).Message, StringComparison.Ordinal);
        Assert.Equal("GRUB_CMDLINE_LINUX=administrator\n", tree.Read("/etc/default/grub"));
    }

    [Fact]
    public void Commit_KeepsTheFormerContentAsABackup()
    {
        using var tree = new BootTree(BootTree.OpenEuler);
        var former = tree.Read("/etc/default/grub");

        tree.Set(("a", "1"));

        Assert.Equal(former, tree.Read(BootTree.State + "/boot-backup/etc/default/grub"));
        Assert.False(BootTransaction.IsPending(tree.Files, BootTree.State));
    }

    [Fact]
    public void Recover_RecordOfAnotherVersion_IsRefusedAndKept()
    {
        using var tree = new BootTree(BootTree.Debian);
        tree.Write(BootTree.State + "/boot-change", "guesttune-boot-change 2\n");

        Assert.Contains("was not written by this version", Assert.Throws<IOException>(() => tree.Arguments.Recover()).Message, StringComparison.Ordinal);
        Assert.Throws<IOException>(() => tree.Set(("a", "1")));
    }

    [Fact]
    public void Set_FileCannotBeWritten_PutsBackTheOthers()
    {
        using var tree = new BootTree(BootTree.Rhel);
        var before = tree.Snapshot();
        // A directory where the new file is put together: what a full or read-only /boot does to a write, without one.
        Directory.CreateDirectory(tree.Files.Resolve("/boot/loader/entries/.6ae4a2a4c9c64d9e8c3e6cbd6b0f5f11-5.14.0-70.13.1.el9_0.x86_64.conf.guesttune-new"));

        var e = Assert.Throws<IOException>(() => tree.Set(("a", "1")));

        Assert.Contains("cannot create", e.Message, StringComparison.Ordinal);
        Assert.Contains("every file is as it was before", e.Message, StringComparison.Ordinal);
        Assert.Equal(before, tree.Snapshot());
        Assert.False(tree.Arguments.IsOurs("a"));
    }

    [Fact]
    public void Set_CannotBePutBack_IsTriedAgainBeforeTheNextChange()
    {
        using var tree = new BootTree(BootTree.Debian);
        var before = tree.Snapshot();
        var obstacle = tree.Files.Resolve("/boot/grub/grub.cfg.guesttune/keep");
        tree.Mkconfig.Fault = file =>
        {
            Directory.CreateDirectory(obstacle);
            return new CommandResult(1, string.Empty, "no");
        };
        Assert.Contains("not every file could be put back", Assert.Throws<IOException>(() => tree.Set(("a", "1"))).Message, StringComparison.Ordinal);

        Directory.Delete(Path.GetDirectoryName(obstacle)!, recursive: true);
        tree.Mkconfig.Fault = static _ => null;
        tree.Set(("b", "2"));
        tree.Set(("b", null));

        Assert.Equal(before, tree.Snapshot());
    }
}
