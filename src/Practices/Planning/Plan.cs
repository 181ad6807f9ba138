namespace GuestTune.Practices;

/// <summary>What an apply would do; no changes means that everything is as desired.</summary>
public sealed record Plan(string Practice, IReadOnlyList<Change> Changes, IReadOnlyList<string> Warnings);
