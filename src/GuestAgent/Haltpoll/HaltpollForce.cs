using GuestTune.Agent.Kernel;

namespace GuestTune.Agent.Haltpoll;

/// <summary>The setting that makes the driver load without the host's hint, and the kernel arguments that it stands for.</summary>
internal static class HaltpollForce
{
    public const string Setting = "force";

    public const string Argument = "cpuidle_haltpoll.force";

    /// <summary>A switch of the governor in openEuler's AArch64 kernels; others ignore it.</summary>
    public const string EnableArgument = "haltpoll.enable";

    public static IReadOnlyList<string> Arguments(KernelIdentity kernel) => kernel.Architecture is "aarch64" ? [Argument, EnableArgument] : [Argument];
}
