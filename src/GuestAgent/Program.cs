using System.Reflection;
using GuestTune.Agent.CommandLine;
using GuestTune.Agent.Hosting;
using GuestTune.VirtioSerial;

var arguments = AgentArguments.Parse(args, out var mistakes);
if (arguments.ShowsHelp)
{
    Console.WriteLine(AgentArguments.Help);
    return ExitCode.Stopped;
}

if (arguments.ShowsVersion)
{
    Console.WriteLine($"guesttune-agent {Assembly.GetExecutingAssembly().GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion}");
    return ExitCode.Stopped;
}

if (mistakes.Count > 0)
{
    foreach (var mistake in mistakes)
    {
        Console.Error.WriteLine($"guesttune-agent: {mistake}");
    }

    return ExitCode.WrongCommandLine;
}

try
{
    await AgentHost.RunAsync(arguments);
    return ExitCode.Stopped;
}
catch (PortException exception)
{
    Console.Error.WriteLine($"guesttune-agent: {exception.Message}");
    return ExitCode.NoPort;
}
catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"guesttune-agent: {exception.Message}");
    return ExitCode.Failed;
}
