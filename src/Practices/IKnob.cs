namespace GuestTune.Practices;

/// <summary>One value on this machine that can be read, written and compared: a sysfs file, or a line in a configuration file.</summary>
public interface IKnob
{
    /// <summary>Never throws for what the file system says.</summary>
    KnobReading Read();

    /// <summary>Null removes the file or line.</summary>
    /// <exception cref="UncertainWriteException">It may have been written.</exception>
    /// <exception cref="IOException">With a message for the user, when the value could not be written.</exception>
    void Write(string? value);

    /// <summary>By the value's type: <c>Y</c> equals <c>1</c> where it is a bool.</summary>
    bool AreEqual(string? left, string? right);

    /// <summary>Not null: neighbouring changes whose knobs have the same writer (the same object) are written together by it, in place of <see cref="Write"/>.</summary>
    IKnobWriter? Writer => null;
}
