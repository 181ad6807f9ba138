namespace GuestTune.Practices.Commands;

/// <summary>A program could not be started; the message names it and says what to do.</summary>
public sealed class CommandException : IOException
{
    public CommandException(string message)
        : base(message)
    {
    }
}
