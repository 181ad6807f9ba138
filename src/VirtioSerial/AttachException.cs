namespace GuestTune.VirtioSerial;

/// <summary>An attach failed; the message says why and where in words for the user.</summary>
public sealed class AttachException : IOException
{
    public AttachException()
    {
    }

    public AttachException(string message)
        : base(message)
    {
    }

    public AttachException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    public AttachException(AttachFailure failure, string message, Exception? innerException = null)
        : base(message, innerException) => Failure = failure;

    public AttachFailure Failure { get; }
}
