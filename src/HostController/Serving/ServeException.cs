namespace GuestTune.Controller.Serving;

/// <summary>Thrown where the daemon cannot start; the message says why and what to do.</summary>
internal sealed class ServeException : Exception
{
    public ServeException()
    {
    }

    public ServeException(string message)
        : base(message)
    {
    }

    public ServeException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
