namespace GuestTune.Agent.Kernel;

/// <summary>What the kernel has said since it booted: a seam, since a test's kernel has said other things.</summary>
internal interface IKernelLog
{
    /// <summary>Never throws for what cannot be read; the reading says so.</summary>
    KernelMessages Read();
}
