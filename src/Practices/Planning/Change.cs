namespace GuestTune.Practices;

/// <summary>One value that is to change, in absolute terms, so that doing it twice is the same as doing it once.</summary>
/// <param name="Item">Setting or line that changes, e.g. <c>guest_halt_poll_ns</c> or <c>tmpfiles.d:guest_halt_poll_ns</c>.</param>
/// <param name="Target">Path of the file that is written.</param>
/// <param name="Before">Null: there was no such file or line.</param>
/// <param name="After">Null: the file or line is removed.</param>
public sealed record Change(string Item, string Target, string? Before, string? After, TakesEffect TakesEffect);
