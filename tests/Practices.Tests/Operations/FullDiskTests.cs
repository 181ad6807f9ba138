using System.Diagnostics;
using GuestTune.Practices.Journaling;

namespace GuestTune.Practices.Tests.Operations;

/// <summary>The real thing: a file system of a few pages, which only root can mount.</summary>
public sealed class FullDiskTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly MemoryPractice _practice = new();
    private bool _isMounted;

    public void Dispose()
    {
        if (_isMounted)
        {
            // Lazily: a program that another test is just starting may still have our open files.
            Run("umount", "-l", _directory.Path);
        }

        _directory.Dispose();
    }

    [Fact]
    public async Task Apply_DiskFullAndEmptiedLater_ChangesNothingThenWorks()
    {
        Mount();
        using var engine = Engine();
        await engine.ApplyAsync("op-1", EngineFixture.Desire(("a", "1")));
        Fill();

        var e = await Assert.ThrowsAsync<PracticeException>(async () =>
        {
            // What is left of the journal's last page may hold a few operations.
            for (var i = 0; i < 100; i++)
            {
                await engine.ApplyAsync($"full-{i}", EngineFixture.Desire(("a", $"full-{i}")));
            }
        });
        var last = engine.History(1)[0];
        var value = _practice.Values["a"];
        File.Delete(_directory.File("filler"));
        var answer = await engine.ApplyAsync("op-2", EngineFixture.Desire(("a", "2")));

        Assert.Contains("nothing was changed", e.Message, StringComparison.Ordinal);
        Assert.Contains(_directory.File("state/journal"), e.Message, StringComparison.Ordinal);
        Assert.Contains("No space left on device (ENOSPC)", e.Message, StringComparison.Ordinal);
        Assert.Equal(OperationState.Done, last.State);
        Assert.Equal(last.Outcomes[0].Change.After, value);
        Assert.Equal(OperationState.Done, answer.Operation.State);
    }

    [Fact]
    public async Task Apply_ReadOnlyFileSystem_ChangesNothingAndSaysSo()
    {
        Mount();
        Assert.Equal(0, Run("mount", "-o", "remount,ro", _directory.Path));
        using var engine = Engine();

        var e = await Assert.ThrowsAsync<PracticeException>(async () => await engine.ApplyAsync("op-1", EngineFixture.Desire(("a", "1"))));

        Assert.Contains("Read-only file system (EROFS)", e.Message, StringComparison.Ordinal);
        Assert.Empty(_practice.Values);
    }

    private static int Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, UseShellExecute = false });
        process!.WaitForExit();
        return process.ExitCode;
    }

    private OperationEngine Engine()
        => new([_practice], () => Journal.Open(new JournalOptions { Directory = _directory.File("state") }), () => "boot");

    private void Mount()
    {
        _isMounted = string.Equals(Environment.UserName, "root", StringComparison.Ordinal)
            && Run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", _directory.Path) == 0;
        if (!_isMounted)
        {
            Assert.Skip("needs root and the right to mount a tmpfs");
        }
    }

    private void Fill()
    {
        using var file = File.Create(_directory.File("filler"), bufferSize: 0);
        try
        {
            while (true)
            {
                file.Write(new byte[4096]);
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }
}
