namespace GuestTune.VirtioSerial;

/// <summary>What a reader or a ping of a session gets once the session has ended other than by an orderly close.</summary>
public sealed class SessionEndedException : IOException
{
    public SessionEndedException()
    {
    }

    public SessionEndedException(string message)
        : base(message)
    {
    }

    public SessionEndedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    internal SessionEndedException(SessionEnd end, string message, Exception? innerException)
        : base(message, innerException) => End = end;

    public SessionEnd End { get; }
}
