namespace GuestTune.Practices;

/// <summary>A refusal, with a message that names the input and says what to do. Nothing was changed.</summary>
public sealed class PracticeException : Exception
{
    public PracticeException(PracticeError error, string message)
        : base(message)
    {
        Error = error;
    }

    public PracticeException(PracticeError error, string message, Exception innerException)
        : base(message, innerException)
    {
        Error = error;
    }

    public PracticeError Error { get; }

    public static PracticeException Invalid(string message) => new(PracticeError.InvalidArgument, message);

    public static PracticeException Precondition(string message) => new(PracticeError.FailedPrecondition, message);

    public static PracticeException NotFound(string message) => new(PracticeError.NotFound, message);
}
