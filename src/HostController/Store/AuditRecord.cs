namespace GuestTune.Controller.Store;

/// <summary>Who did what, from where, to what, and how it ended.</summary>
/// <param name="Caller">E.g. "user 0, process 123".</param>
/// <param name="Origin">"command", or "daemon" where the controller was asked over its socket.</param>
/// <param name="Action">E.g. "pcr baseline save".</param>
/// <param name="Target">The VM, or whatever else was acted on.</param>
internal sealed record AuditRecord(DateTimeOffset At, string Caller, string Origin, string Action, string Target, string Outcome);
