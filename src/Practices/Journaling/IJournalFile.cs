namespace GuestTune.Practices.Journaling;

/// <summary>The few things a journal does to its file; a seam, so that a full disk can be tested without one.</summary>
internal interface IJournalFile : IDisposable
{
    string Path { get; }

    /// <summary>Makes sure that so many more bytes can be appended, or throws now.</summary>
    /// <exception cref="IOException">There is no room.</exception>
    void Reserve(int bytes);

    /// <summary>At the end; on the disk when it returns.</summary>
    /// <exception cref="IOException">Not all of it is on the disk.</exception>
    void AppendAndSync(ReadOnlySpan<byte> bytes);

    /// <exception cref="IOException">The file could not be cut.</exception>
    void Truncate(long length);
}
