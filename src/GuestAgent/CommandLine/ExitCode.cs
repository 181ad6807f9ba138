namespace GuestTune.Agent.CommandLine;

/// <summary>How the agent ends; a supervisor may decide by it.</summary>
internal static class ExitCode
{
    public const int Stopped = 0;
    public const int Failed = 1;
    public const int WrongCommandLine = 2;
    public const int NoPort = 3;
}
