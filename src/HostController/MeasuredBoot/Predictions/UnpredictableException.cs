namespace GuestTune.Controller.MeasuredBoot.Predictions;

/// <summary>Thrown where the next start cannot be predicted; the message says why.</summary>
internal sealed class UnpredictableException : Exception
{
    public UnpredictableException()
    {
    }

    public UnpredictableException(string message)
        : base(message)
    {
    }

    public UnpredictableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
