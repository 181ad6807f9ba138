using GuestTune.Controller.Cli;

namespace GuestTune.HostController.Tests.Fakes;

/// <summary>Runs the command line in this process, as a script would: no terminal, an environment of its own.</summary>
internal static class Cli
{
    public static async Task<(int ExitCode, string Out, string Error)> RunAsync(params string[] arguments) => await RunAsync([], arguments);

    public static async Task<(int ExitCode, string Out, string Error)> RunAsync(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var terminal = new Terminal { Out = output, Error = error, Environment = environment.GetValueOrDefault };
        var code = await CommandLine.RunAsync(arguments, terminal);
        return (code, output.ToString(), error.ToString());
    }

    /// <param name="input">What standard input has; null: it is a terminal.</param>
    public static async Task<(int ExitCode, string Out, string Error)> RunWithInputAsync(string? input, params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var terminal = new Terminal { Out = output, Error = error, OpenIn = () => input is null ? null : new StringReader(input) };
        var code = await CommandLine.RunAsync(arguments, terminal);
        return (code, output.ToString(), error.ToString());
    }

    public static Task<(int ExitCode, string Out, string Error)> RunAsync(Dictionary<string, string> environment, params string[] arguments) =>
        RunAsync((IReadOnlyDictionary<string, string>)environment, arguments);
}
