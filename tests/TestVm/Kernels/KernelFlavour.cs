namespace GuestTune.Testing;

/// <summary>A kernel that guests are tested with.</summary>
/// <param name="Id">Name on command lines and of cache folders.</param>
/// <param name="Suite">The Debian suite that has it.</param>
/// <param name="Modules">What must be loaded for virtio-serial and virtio-blk, in this order; the rest is built in.</param>
public sealed record KernelFlavour(string Id, string Suite, IReadOnlyList<string> Modules)
{
    /// <summary>Debian 12's own: has no haltpoll governor.</summary>
    public static KernelFlavour WithoutHaltpoll { get; } = new("6.1", "bookworm",
    [
        "virtio/virtio_ring.ko", "virtio/virtio.ko", "virtio/virtio_pci_legacy_dev.ko", "virtio/virtio_pci_modern_dev.ko",
        "virtio/virtio_pci.ko", "char/virtio_console.ko", "block/virtio_blk.ko",
    ]);

    /// <summary>Debian 12's backport: has the haltpoll governor built in.</summary>
    public static KernelFlavour WithHaltpoll { get; } = new("6.12", "bookworm-backports", ["block/virtio_blk.ko.xz"]);

    public static IReadOnlyList<KernelFlavour> All { get; } = [WithoutHaltpoll, WithHaltpoll];

    public static KernelFlavour Parse(string id) => All.FirstOrDefault(f => f.Id == id)
        ?? throw new TestVmException($"There is no kernel '{id}'; there are {string.Join(" and ", All.Select(f => f.Id))}.");
}
