using GuestTune.Agent.Kernel;

namespace GuestTune.Agent.Tests.Kernel;

/// <summary>A kernel that said what the test says.</summary>
internal sealed class FakeKernelLog(params string[] messages) : IKernelLog
{
    public bool IsWhole { get; init; } = true;

    public int ReadCount { get; private set; }

    public KernelMessages Read()
    {
        ReadCount++;
        return new KernelMessages(["Linux version 6.12", .. messages], "/dev/kmsg", IsWhole, IsWhole ? null : "the kernel's log has lost its beginning");
    }
}
