namespace GuestTune.Testing;

/// <summary>How a program ended and what it said; the same shape for a program on the host and a command in the guest.</summary>
public sealed record CommandResult(int ExitCode, string Output, string Error = "")
{
    public bool Succeeded => ExitCode == 0;

    /// <summary>The output without the newline that ends nearly every command's output.</summary>
    public string Text => Output.TrimEnd('\n');

    public CommandResult ThrowIfFailed(string command) => Succeeded
        ? this
        : throw new TestVmException($"'{command}' ended with exit code {ExitCode}.\n{Output}{Error}".TrimEnd());
}
