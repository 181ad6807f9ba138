using GuestTune.Controller.Cli;

namespace GuestTune.HostController.Tests.Fakes;

/// <summary>Runs the command line in this process, as a script would: no terminal, an environment of its own.</summary>
internal static class Cli
{
    public static Task<(int ExitCode, string Out, string Error)> RunAsync(params string[] arguments) => RunAsync([], static () => null, arguments);

    public static Task<(int ExitCode, string Out, string Error)> RunAsync(Dictionary<string, string> environment, params string[] arguments) =>
        RunAsync(environment, static () => null, arguments);

    /// <param name="input">What standard input has; null: it is a terminal.</param>
    public static Task<(int ExitCode, string Out, string Error)> RunWithInputAsync(string? input, params string[] arguments) =>
        RunAsync([], () => input is null ? null : new StringReader(input), arguments);

    private static async Task<(int ExitCode, string Out, string Error)> RunAsync(Dictionary<string, string> environment, Func<TextReader?> openIn, string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var terminal = new Terminal
        {
            Out = output,
            Error = error,
            OpenIn = openIn,
            Environment = name => environment.GetValueOrDefault(name) ?? (name is StateDirectory.Variable ? TestArguments.StateOf(arguments) : null),
        };
        var code = await CommandLine.RunAsync(TestArguments.Patient(arguments), terminal);
        return (code, output.ToString(), error.ToString());
    }
}
