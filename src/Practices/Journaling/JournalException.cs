namespace GuestTune.Practices.Journaling;

/// <summary>The journal cannot be used; the message names the file and says what to do.</summary>
public sealed class JournalException : IOException
{
    public JournalException(string message)
        : base(message)
    {
    }

    public JournalException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
