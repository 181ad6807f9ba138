namespace GuestTune.Agent.Systemd;

/// <summary>One token of a command line in a unit.</summary>
/// <param name="Raw">Where it is in the text, quotes and all.</param>
/// <param name="Words">The arguments that it becomes: one, or for a bare <c>$NAME</c> any number.</param>
internal readonly record struct CommandToken(Range Raw, IReadOnlyList<string> Words);
