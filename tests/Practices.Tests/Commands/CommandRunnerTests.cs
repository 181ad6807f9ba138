using System.Diagnostics;
using GuestTune.Practices.Commands;
using GuestTune.Practices.Files;

namespace GuestTune.Practices.Tests.Commands;

public sealed class CommandRunnerTests : IDisposable
{
    /// <summary>Only a program that hangs takes so long.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly TemporaryDirectory _directory = new();
    private readonly CommandRunner _runner = new(new RootedFileSystem("/"), TimeProvider.System);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Run_ExitCodeAndBothOutputs_AreGiven()
    {
        var result = Shell("echo said; echo wrong >&2; exit 7");

        Assert.Equal(new CommandResult(7, "said\n", "wrong\n"), result);
        Assert.False(result.Succeeded);
        Assert.Equal("x y ended with exit code 7; it said: wrong", result.Describe(new Command("x", "y")));
    }

    [Fact]
    public void Run_Arguments_ReachTheProgramWithoutAShell()
        => Assert.Equal("a b|$HOME;'\"|*|\n", _runner.Run(new Command("printf", "%s|%s|%s|\n", "a b", "$HOME;'\"", "*") { TimeLimit = Patience }).Output);

    [Fact]
    public void Run_Environment_IsFixedAndInputIsEmpty()
    {
        Environment.SetEnvironmentVariable("GUESTTUNE_LEAK", "1");
        var environment = Shell("cat; env").Output;
        Environment.SetEnvironmentVariable("GUESTTUNE_LEAK", null);

        Assert.Contains("LC_ALL=C\n", environment, StringComparison.Ordinal);
        Assert.DoesNotContain("GUESTTUNE_LEAK", environment, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_Input_IsReadToItsEndAndBounded()
    {
        Assert.Equal("a\nb", _runner.Run(new Command("cat") { Input = "a\nb", TimeLimit = Patience }).Output);
        Assert.True(_runner.Run(new Command("true") { Input = new string('x', 4096), TimeLimit = Patience }).Succeeded);
        Assert.Contains("its input has 4097 bytes", Assert.Throws<CommandException>(() => _runner.Run(new Command("cat") { Input = new string('x', 4097) })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_DeathBySignal_IsShownAsShellsDo() => Assert.Equal(128 + 9, Shell("kill -9 $$").ExitCode);

    [Fact]
    public void Run_BrokenPipeInAScript_KillsItsWriterAsInAnyShell()
        => Assert.Equal("y\n", Shell("yes | head -n 1").Output);

    [Fact]
    public void Run_HangingScript_IsKilledWithItsChildren()
    {
        var pidFile = _directory.File("pid");
        var runner = new CommandRunner(new RootedFileSystem("/"), new TimeOnceWritten(pidFile));

        var result = runner.Run(new Command("/bin/sh", "-c", $"sleep 600 & echo begun; echo $! >{pidFile}; wait") { TimeLimit = TimeSpan.FromSeconds(1) });

        Assert.Null(result.ExitCode);
        Assert.Equal("begun\n", result.Output);
        Assert.Contains("did not end within 1 s and was killed", result.Describe(new Command("x") { TimeLimit = TimeSpan.FromSeconds(1) }), StringComparison.Ordinal);
        AssertGone(int.Parse(File.ReadAllText(pidFile).Trim(), System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public void Run_ScriptThatIgnoresTheWishToEnd_IsKilledNevertheless()
        => Assert.Null(Shell("trap '' TERM; while :; do sleep 1; done", TimeSpan.FromSeconds(0.5)).ExitCode);

    [Fact]
    public void Run_BackgroundChildKeepsTheOutputOpen_DoesNotWaitForIt()
    {
        var watch = Stopwatch.StartNew();
        var pidFile = _directory.File("pid");

        var result = Shell($"sleep 600 & echo $! >{pidFile}; echo done");

        Process.GetProcessById(int.Parse(File.ReadAllText(pidFile).Trim(), System.Globalization.CultureInfo.InvariantCulture)).Kill();
        Assert.Equal((0, "done\n"), (result.ExitCode, result.Output));
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 500);
    }

    [Fact]
    public void Run_EndlessOutput_IsBoundedAndItsEndKept()
    {
        var result = _runner.Run(new Command("sh", "-c", "i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done; echo last") { MaximumOutputBytes = 4096, TimeLimit = Patience });

        Assert.True(result.OutputWasCut);
        Assert.InRange(result.Output.Length, 2000, 4096);
        Assert.EndsWith("last\n", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no-such-program-here")]
    [InlineData("/usr/bin/no-such-program-here")]
    [InlineData("bin/sh")]
    [InlineData("/etc/passwd")]
    public void Run_NoSuchProgram_SaysSo(string program)
    {
        Assert.Null(_runner.Find(program));
        Assert.Contains(program, Assert.Throws<CommandException>(() => _runner.Run(new Command(program))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_OtherRoot_IsRefusedAndNothingRuns()
    {
        _directory.Write("usr/bin/touch", "#!/bin/sh");
        File.SetUnixFileMode(_directory.File("usr/bin/touch"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var runner = new CommandRunner(new RootedFileSystem(_directory.Path), TimeProvider.System);

        Assert.Equal("/usr/bin/touch", runner.Find("touch"));
        Assert.NotNull(runner.WhyNotAvailable);
        Assert.Contains("--root", Assert.Throws<CommandException>(() => runner.Run(new Command("touch", _directory.File("x")))).Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_directory.File("x")));
    }

    private CommandResult Shell(string script, TimeSpan? limit = null)
        => _runner.Run(new Command("/bin/sh", "-c", script) { TimeLimit = limit ?? Patience });

    private static void AssertGone(int id) => Assert.True(SpinWait.SpinUntil(() => IsGone(id), Patience));

    /// <summary>Nobody may reap an orphan in a container: a zombie is as good. One that is reaped is so at any moment, also while it is looked at.</summary>
    private static bool IsGone(int id)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/status").Contains("State:\tZ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>
    /// Every limit is over when the script has come as far as to write a file, however long that takes it; the first look is at
    /// the beginning of the limit, also where the script has been faster than it.
    /// </summary>
    private sealed class TimeOnceWritten(string path) : TimeProvider
    {
        private bool _hasBegun;

        public override long GetTimestamp()
        {
            var isOver = _hasBegun && new FileInfo(path) is { Exists: true, Length: > 0 };
            _hasBegun = true;
            return isOver ? 3600 * TimestampFrequency : 0;
        }
    }
}
