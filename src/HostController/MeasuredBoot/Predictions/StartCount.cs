using System.Runtime.InteropServices;
using GuestTune.Controller.MeasuredBoot.Enrolment;
using GuestTune.MeasuredBoot.Attestation;

namespace GuestTune.Controller.MeasuredBoot.Predictions;

/// <summary>
/// Which start of a TPM it is. Resets alone do not tell: a guest that sends TPM2_Shutdown(STATE) before it is reset makes the next start a restart,
/// with registers as new and the same count of resets (TPM 2.0 Library part 1, 12.2.3).
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct StartCount(uint Resets, uint Restarts)
{
    public static StartCount Of(QuoteStatement statement) => new(statement.ResetCount, statement.RestartCount);

    public static StartCount Of(TpmCounters counters) => new(counters.ResetCount, counters.RestartCount);

    public bool IsUpTo(StartCount last) => (Resets, Restarts).CompareTo((last.Resets, last.Restarts)) <= 0;
}
