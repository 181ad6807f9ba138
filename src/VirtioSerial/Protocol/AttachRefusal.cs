namespace GuestTune.VirtioSerial.Protocol;

/// <summary>An answer after which it is of no use to ask again.</summary>
internal sealed record AttachRefusal(AttachFailure Failure, string Message);
