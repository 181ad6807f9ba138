namespace GuestTune.Testing;

/// <summary>How QEMU runs the guest's instructions.</summary>
public sealed record Accelerator(string Id, IReadOnlyList<string> Arguments)
{
    public static Accelerator Kvm { get; } = new("kvm", ["-accel", "kvm", "-cpu", "host"]);

    /// <summary>
    /// Emulation. Without cx16=off a 6.12 kernel double-faults at random on QEMU 7.2 when the host is busy. tb-size bounds, in MiB, the code that
    /// QEMU keeps translated: reboots after much work took minutes with the default, which keeps far more; with 64 a handful of programs fill it,
    /// and then all code is translated anew, which calls wait for.
    /// </summary>
    public static Accelerator Tcg { get; } = new("tcg", ["-accel", "tcg,thread=multi,tb-size=256", "-cpu", "max,cx16=off"]);
}
