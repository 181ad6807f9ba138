namespace GuestTune.Testing;

/// <summary>What a kind of guest brings to QEMU: files of its own for each VM, and its part of the command line.</summary>
public abstract record BootImage
{
    /// <summary>A guest that was saved while it ran goes on from there when its VM is started for the first time.</summary>
    internal virtual bool IsSaved => false;

    /// <summary>Makes what the VM writes to; what is there already is kept, so that a VM can be started again in its folder.</summary>
    internal abstract Task PrepareAsync(TestVmOptions options, VmFolder folder, CancellationToken cancellationToken);

    /// <param name="goesOn">Whether a saved guest goes on, rather than boots.</param>
    internal abstract IEnumerable<string> Arguments(TestVmOptions options, VmFolder folder, bool goesOn);
}
