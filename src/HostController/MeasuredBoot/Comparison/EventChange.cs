namespace GuestTune.Controller.MeasuredBoot.Comparison;

/// <summary>One difference between the events of a register.</summary>
/// <param name="Before">Null: the event is new.</param>
/// <param name="After">Null: the event is gone.</param>
/// <param name="Tokens">Of two command lines that are believed: what differs between them; empty for everything else, and where only blanks differ.</param>
internal sealed record EventChange(MeasuredEvent? Before, MeasuredEvent? After, IReadOnlyList<TokenChange> Tokens);
