using GuestTune.Controller.Channel;
using GuestTune.Controller.QemuGa;

namespace GuestTune.Controller.Inventory;

/// <summary>A VM as one source knows it: enough to select it and to find its channel.</summary>
/// <param name="Name">Unique over all sources.</param>
/// <param name="Source">"inventory" or the libvirt URI.</param>
/// <param name="Channel">The way to the port of the VM's agent; null where there is none.</param>
/// <param name="Labels">What <c>--label</c> selects by.</param>
/// <param name="Problem">Why there is no channel and what to do; null where there is one.</param>
/// <param name="QemuGa">The way to the VM's QEMU guest agent; null where none is known.</param>
/// <param name="Monitor">Path of QEMU's QMP socket, by which the VM can be reset; null where the inventory names none.</param>
internal sealed record VmEntry(
    string Name,
    string Source,
    ChannelAddress? Channel,
    IReadOnlyDictionary<string, string> Labels,
    string? Problem = null,
    QemuGaAddress? QemuGa = null,
    string? Monitor = null);
