namespace GuestTune.Testing;

/// <summary>
/// Looks at the disk of a disk guest that was cut off: another guest, in memory, mounts it, and runs the agent that is installed there
/// with that disk as its root. Ten times as fast as the disk guest's own boot.
/// </summary>
/// <param name="Disk">The overlay of the guest that was cut off (<see cref="VmFolder.Overlay"/>).</param>
public sealed record DiskInspection(GuestImage Inspector, string Disk) : BootImage
{
    /// <summary>The agent waits until the test removes this file.</summary>
    public const string AgentHold = "/run/hold/guesttune-agent";

    /// <summary>Where the disk is mounted.</summary>
    public const string Root = "/disk";

    public static async Task<TestVm> BootAsync(string name, string disk, CancellationToken cancellationToken = default)
    {
        var inspector = await GuestImage.BuildAsync(KernelFlavour.WithHaltpoll, cancellationToken);
        var options = new TestVmOptions { Name = name, StartsAgent = false, KernelArguments = "gt.root=/dev/vda3 gt.boot=/dev/vda2" };
        return await TestVm.BootAsync(
            options, new DiskInspection(inspector, disk), await AcceleratorProbe.ChooseAsync(inspector, cancellationToken), cancellationToken);
    }

    internal override Task PrepareAsync(TestVmOptions options, VmFolder folder, CancellationToken cancellationToken) => Task.CompletedTask;

    internal override IEnumerable<string> Arguments(TestVmOptions options, VmFolder folder, bool goesOn) =>
        [.. Inspector.Arguments(options, folder, goesOn), "-drive", $"if=virtio,format=qcow2,file={QemuArguments.Escape(Disk)}"];
}
