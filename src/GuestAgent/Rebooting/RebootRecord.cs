namespace GuestTune.Agent.Rebooting;

/// <summary>That an operation asked for a restart, and in which boot.</summary>
internal sealed record RebootRecord(string OperationId, string BootId, DateTimeOffset AskedAt);
