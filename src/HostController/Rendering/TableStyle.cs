namespace GuestTune.Controller.Rendering;

/// <summary>How a table may look where it is written.</summary>
/// <param name="Width">Columns of the terminal; null where it is none, and nothing is wrapped.</param>
internal sealed record TableStyle(int? Width, bool Colors);
