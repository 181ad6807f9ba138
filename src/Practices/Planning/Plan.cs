namespace GuestTune.Practices;

/// <summary>What an apply would do; no changes means that everything is as desired.</summary>
public sealed record Plan(string Practice, IReadOnlyList<Change> Changes, IReadOnlyList<string> Warnings)
{
    /// <summary>Files that would be written, as far as that is known beforehand. The engine adds those of <see cref="IKnobWriter.Preview"/>.</summary>
    public IReadOnlyList<FileEdit> Files { get; init; } = [];
}
