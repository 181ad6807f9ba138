namespace GuestTune.Controller.Rendering;

/// <summary>One line of a difference.</summary>
/// <param name="Mark"><c>' '</c> is in both texts, <c>'-'</c> in the first one only, <c>'+'</c> in the second one only.</param>
/// <param name="Text">With its line end; only the last line of a text can have none.</param>
internal readonly record struct DiffLine(char Mark, string Text);
