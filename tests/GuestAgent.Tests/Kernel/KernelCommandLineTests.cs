using GuestTune.Agent.Kernel;

namespace GuestTune.Agent.Tests.Kernel;

public sealed class KernelCommandLineTests
{
    [Theory]
    [InlineData("cpuidle_haltpoll.force=Y", "cpuidle_haltpoll.force", "Y")]
    [InlineData("cpuidle-haltpoll.force=1", "cpuidle_haltpoll.force", "1")]
    [InlineData("a cpuidle_haltpoll.force b", "cpuidle_haltpoll.force", "Y")]
    [InlineData("x=1 x=2", "x", "2")]
    [InlineData("x=\"a b\" y", "x", "a b")]
    [InlineData("\"x=a b\"", "x", "a b")]
    [InlineData("y -- x=1", "x", null)]
    [InlineData("", "x", null)]
    public void Find_AsTheKernelReadsIt(string text, string name, string? expected) => Assert.Equal(expected, new KernelCommandLine(text).Find(name));

    [Fact]
    public void Probe_ThisMachine_DoesNotFail() => Assert.True(HypervisorSignature.Probe() is null or { Name.Length: <= 12 });
}
