namespace GuestTune.MeasuredBoot.EventLog;

/// <summary>What a log says about one register, held against the register's value.</summary>
/// <param name="Suspect">Of a mismatch: the event at which the log parts from the register, where that can be told.</param>
/// <param name="Reason">In words; null where everything agrees.</param>
public sealed record PcrEvidence(int Pcr, PcrEvidenceKind Kind, BootEvent? Suspect, string? Reason);
