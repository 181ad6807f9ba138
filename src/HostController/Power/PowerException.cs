namespace GuestTune.Controller.Power;

/// <summary>A VM could not be reset; the message says why and what to do.</summary>
internal sealed class PowerException : Exception
{
    public PowerException()
    {
    }

    public PowerException(string message)
        : base(message)
    {
    }

    public PowerException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
