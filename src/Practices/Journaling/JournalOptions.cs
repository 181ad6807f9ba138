namespace GuestTune.Practices.Journaling;

/// <summary>Where the journal is and how large it may grow.</summary>
public sealed record JournalOptions
{
    /// <summary>Directory of the journal and its lock, on this machine.</summary>
    public required string Directory { get; init; }

    /// <summary>So many of the newest operations survive a compaction.</summary>
    public int KeptOperations { get; init; } = 1000;

    /// <summary>With so many operations the journal is compacted.</summary>
    public int CompactAtOperations => KeptOperations * 2;

    /// <summary>A longer file than this is not read: it was not written by this program.</summary>
    public int MaximumFileBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Every mistake at once.</summary>
    public IEnumerable<string> Validate()
    {
        if (string.IsNullOrEmpty(Directory) || !Path.IsPathRooted(Directory))
        {
            yield return $"Directory is '{Directory}': it must be an absolute path";
        }

        if (KeptOperations is < 1 or > 100_000)
        {
            yield return $"KeptOperations is {KeptOperations}: it must be from 1 to 100000";
        }

        if (MaximumFileBytes < RecordFrame.MaximumPayloadBytes)
        {
            yield return $"MaximumFileBytes is {MaximumFileBytes}: it must be at least {RecordFrame.MaximumPayloadBytes}";
        }
    }
}
