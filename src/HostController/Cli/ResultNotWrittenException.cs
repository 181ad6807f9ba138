namespace GuestTune.Controller.Cli;

/// <summary>Thrown where standard output takes no more: whatever was asked for has been done, and cannot be told.</summary>
internal sealed class ResultNotWrittenException : Exception
{
    public ResultNotWrittenException()
    {
    }

    public ResultNotWrittenException(string message)
        : base(message)
    {
    }

    public ResultNotWrittenException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
