namespace GuestTune.Practices;

/// <summary>Whoever was asked to write went away before answering: only reading tells whether it was written.</summary>
public sealed class UncertainWriteException : IOException
{
    public UncertainWriteException()
    {
    }

    public UncertainWriteException(string message)
        : base(message)
    {
    }

    public UncertainWriteException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
