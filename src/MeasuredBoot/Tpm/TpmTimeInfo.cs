using System.Runtime.InteropServices;

namespace GuestTune.MeasuredBoot.Tpm;

/// <summary>A TPM's clocks and its counts of starts: TPMS_TIME_INFO (TPM 2.0 Library part 2, 10.11).</summary>
/// <param name="TimeMs">Since it has power.</param>
/// <param name="ClockMs">That it had power since it was last cleared.</param>
/// <param name="ResetCount">Since it was last cleared.</param>
/// <param name="RestartCount">Restarts and resumes since the last reset.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct TpmTimeInfo(ulong TimeMs, ulong ClockMs, uint ResetCount, uint RestartCount)
{
    /// <summary>Whether it may be of the same start of the same TPM, and no earlier.</summary>
    public bool Follows(TpmTimeInfo earlier) =>
        (ResetCount, RestartCount) == (earlier.ResetCount, earlier.RestartCount) && TimeMs >= earlier.TimeMs && ClockMs >= earlier.ClockMs;
}
