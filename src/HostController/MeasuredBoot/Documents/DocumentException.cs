namespace GuestTune.Controller.MeasuredBoot.Documents;

/// <summary>Thrown where something is no document of this kind; the message says what is wrong with it.</summary>
internal sealed class DocumentException : FormatException
{
    public DocumentException()
    {
    }

    public DocumentException(string message)
        : base(message)
    {
    }

    public DocumentException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
