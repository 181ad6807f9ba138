namespace GuestTune.Controller.Cli;

/// <summary>How long evidence may take.</summary>
internal static class PcrTime
{
    /// <summary>A TPM may take seconds to make a key; a quote, a log of some megabytes and an activation come beside it.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
}
