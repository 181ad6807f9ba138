using System.Runtime.InteropServices;
using GuestTune.MeasuredBoot.Attestation;

namespace GuestTune.Controller.MeasuredBoot.Enrolment;

/// <summary>TPMS_CLOCK_INFO as far as it only grows (TPM 2.0 Library part 1, 36): a TPM whose state was put back is found by it.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct TpmCounters(uint ResetCount, uint RestartCount, ulong ClockMs) : IComparable<TpmCounters>
{
    public static TpmCounters Of(QuoteStatement statement) => new(statement.ResetCount, statement.RestartCount, statement.ClockMs);

    /// <summary>The clock counts only within one start: after another one it may begin at what was saved last (36.3).</summary>
    public int CompareTo(TpmCounters other) =>
        (ResetCount, RestartCount, ClockMs).CompareTo((other.ResetCount, other.RestartCount, other.ClockMs));

    public static bool operator <(TpmCounters left, TpmCounters right) => left.CompareTo(right) < 0;

    public static bool operator >(TpmCounters left, TpmCounters right) => left.CompareTo(right) > 0;

    public static bool operator <=(TpmCounters left, TpmCounters right) => left.CompareTo(right) <= 0;

    public static bool operator >=(TpmCounters left, TpmCounters right) => left.CompareTo(right) >= 0;
}
