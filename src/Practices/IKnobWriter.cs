namespace GuestTune.Practices;

/// <summary>Writes several values at once, where one by one would take long or leave states between that nobody wants: a boot loader is configured once, not once for each argument.</summary>
public interface IKnobWriter
{
    /// <summary>All of them or none: what was changed before a failure is put back.</summary>
    /// <exception cref="UncertainWriteException">All of them may have been written, or none.</exception>
    /// <exception cref="IOException">With a message for the user.</exception>
    void Write(IReadOnlyList<KnobWrite> writes);

    /// <summary>The files that <see cref="Write"/> would write, as far as that can be known without doing it; changes nothing.</summary>
    /// <exception cref="IOException">With a message for the user.</exception>
    IReadOnlyList<FileEdit> Preview(IReadOnlyList<KnobWrite> writes);
}
