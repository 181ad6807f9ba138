namespace GuestTune.Controller.LibvirtAuth;

/// <summary>Somebody was let in who should not be, or kept out who should not be; the message says how he came.</summary>
internal sealed class LoginException : IOException
{
    public LoginException()
    {
    }

    public LoginException(string message)
        : base(message)
    {
    }

    public LoginException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    public LoginException(LoginOutcome outcome, string message)
        : base(message)
    {
        Outcome = outcome;
    }

    /// <summary>What was found.</summary>
    public LoginOutcome Outcome { get; }
}
