namespace GuestTune.Testing;

/// <summary>How QEMU runs the guest's instructions.</summary>
public sealed record Accelerator(string Id, IReadOnlyList<string> Arguments)
{
    public static Accelerator Kvm { get; } = new("kvm", ["-accel", "kvm", "-cpu", "host"]);

    /// <summary>
    /// Emulation. Without cx16=off a 6.12 kernel double-faults at random on QEMU 7.2 when the host is busy. tb-size bounds, in MiB, the code that
    /// QEMU keeps translated: its default keeps all of it, and each piece that a rebooted guest's firmware and loader write over
    /// costs a search through that, which made a reboot after much work last minutes.
    /// </summary>
    public static Accelerator Tcg { get; } = new("tcg", ["-accel", "tcg,thread=multi,tb-size=64", "-cpu", "max,cx16=off"]);
}
