using GuestTune.Agent.Kernel;
using GuestTune.Practices.Commands;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.Tests.Kernel;

public sealed class KernelLogTests : IDisposable
{
    private const string Beginning = "5,0,0,-;Linux version 6.12.9-test (x)\n";

    private readonly GuestTree _tree = GuestTree.WithoutHaltpoll();

    [Fact]
    public void Read_WholeBuffer_GivesMessagesInOrder()
    {
        _tree.Write("/dev/kmsg", Beginning + "6,1,0,-,caller=T0;Command line: a;b\n SUBSYSTEM=cpu\n DEVICE=+cpu:0\n30,2,139,-;arm-pv: a program's\n4,3,140,c;third\n");

        var log = Read();

        Assert.Equal(["Linux version 6.12.9-test (x)", "Command line: a;b", "third"], log.Messages);
        Assert.True(log.IsWhole);
        Assert.Null(log.Problem);
        Assert.Equal("/dev/kmsg", log.Source);
    }

    [Fact]
    public void Read_LongLog_TakesLinesApartAtEveryBufferEnd()
    {
        var lines = Enumerable.Range(1, 2000).Select(i => $"6,{i},{i},-;message {i} {new string('x', i % 97)}").ToList();
        _tree.Write("/dev/kmsg", Beginning + string.Join('\n', lines) + "\n");

        var log = Read();

        Assert.Equal(lines.Select(l => l[(l.IndexOf(';') + 1)..]), log.Messages.Skip(1));
    }

    [Fact]
    public void Read_BeginningIsOverwritten_SaysSoAndAsksTheJournal()
    {
        _tree.Write("/dev/kmsg", "6,9000,1,-;late\n");
        var journal = new FakeCommands(("journalctl", _ => new CommandResult(0, "Linux version 6.12.9-test\nearly\nlate\n", "")));

        var without = Read();
        var with = Read(journal);

        Assert.False(without.IsWhole);
        Assert.Contains("lost its beginning", without.Problem, StringComparison.Ordinal);
        Assert.True(with.IsWhole);
        Assert.Equal("early", with.FirstWith("early"));
        Assert.StartsWith("journalctl --dmesg --boot", with.Source, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_WholeBuffer_DoesNotAskTheJournal()
    {
        _tree.Write("/dev/kmsg", Beginning);
        var journal = new FakeCommands(("journalctl", _ => throw new InvalidOperationException("asked")));

        Assert.True(Read(journal).IsWhole);
    }

    [Theory]
    [InlineData(1, "", "No journal files were found.")]
    [InlineData(null, "", "")]
    public void Read_NeitherWorks_SaysWhy(int? exitCode, string output, string errors)
    {
        var log = Read(new FakeCommands(("journalctl", _ => new CommandResult(exitCode, output, errors))));

        Assert.False(log.IsWhole);
        Assert.Empty(log.Messages);
        Assert.Contains("cannot open /dev/kmsg: No such file", log.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_EndlessGarbage_IsBounded()
    {
        _tree.Write("/dev/kmsg", new string('7', 6 * 1024 * 1024));

        var log = Read();

        Assert.Empty(log.Messages);
        Assert.Contains("only the first", log.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Unknown kernel command line parameters \"arm_pvspin\", will be passed to user space.", "arm_pvspin", true)]
    [InlineData("Unknown kernel command line parameters \"BOOT_IMAGE=/vmlinuz arm_pvspin x=1\", will be passed to user space.", "arm_pvspin", true)]
    [InlineData("Unknown kernel command line parameters \"BOOT_IMAGE=/vmlinuz arm_pvspin x=1\", will be passed to user space.", "x", true)]
    [InlineData("Unknown kernel command line parameters \"a-b=1\", will be passed to user space.", "a_b", true)]
    [InlineData("Unknown kernel command line parameters \"arm_pvspinning\", will be passed to user space.", "arm_pvspin", false)]
    [InlineData("Unknown kernel command line parameters \"x=arm_pvspin\", will be passed to user space.", "arm_pvspin", false)]
    [InlineData("Booting kernel: `-5' invalid for parameter `haltpoll.guest_halt_poll_ns'", "haltpoll.guest_halt_poll_ns", true)]
    [InlineData("Booting kernel: `99999999999' too large for parameter `haltpoll.guest_halt_poll_ns'", "haltpoll.guest_halt_poll_ns", true)]
    [InlineData("Booting kernel: `haltpoll.x' invalid for parameter `other.x'", "haltpoll.x", false)]
    [InlineData("Booting kernel: Unknown parameter `nosuch'", "nosuch", true)]
    [InlineData("Malformed early option 'mem'", "mem", true)]
    [InlineData("cpuidle_haltpoll: `maybe' invalid for parameter `force'", "cpuidle_haltpoll.force", true)]
    [InlineData("cpuidle_haltpoll: unknown parameter 'force' ignored", "cpuidle-haltpoll.force", true)]
    [InlineData("other: unknown parameter 'force' ignored", "cpuidle_haltpoll.force", false)]
    [InlineData("arm-pv: PV qspinlocks enabled", "arm_pvspin", false)]
    public void Refusal_OfAMessage_IsFoundForItsArgumentOnly(string message, string key, bool expected)
        => Assert.Equal(expected ? message : null, KernelRefusal.Find(new KernelMessages(["Linux version", message], "x", true, null), key));

    public void Dispose() => _tree.Dispose();

    private KernelMessages Read(FakeCommands? commands = null) => new KernelLog(new RootedFileSystem(_tree.Path), commands ?? new FakeCommands()).Read();
}
