namespace GuestTune.Testing;

/// <summary>How QEMU runs the guest's instructions.</summary>
public sealed record Accelerator(string Id, IReadOnlyList<string> Arguments)
{
    public static Accelerator Kvm { get; } = new("kvm", ["-accel", "kvm", "-cpu", "host"]);

    /// <summary>
    /// Emulation. Without cx16=off a 6.12 kernel double-faults at random on QEMU 7.2 when the host is busy.
    /// </summary>
    public static Accelerator Tcg { get; } = new("tcg", ["-accel", "tcg,thread=multi", "-cpu", "max,cx16=off"]);
}
