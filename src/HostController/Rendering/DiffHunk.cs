namespace GuestTune.Controller.Rendering;

/// <summary>Lines that differ, with those around them, as "@@ -START,COUNT +START,COUNT @@" has them; numbers begin at 1, and at 0 where there is no line.</summary>
internal sealed record DiffHunk(int BeforeStart, int BeforeCount, int AfterStart, int AfterCount, IReadOnlyList<DiffLine> Lines);
