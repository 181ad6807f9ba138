using System.CommandLine;
using Grpc.Core;
using GuestTune.Controller.Rendering;

namespace GuestTune.Controller.Cli;

/// <summary>Runs one command line from its words to its exit status.</summary>
internal static class CommandLine
{
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, Terminal terminal)
    {
        using var interrupt = new Interrupt();
        var result = CommandTree.Build(terminal, interrupt).Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });

        // Help and version come with an action of their own, which goes before any mistake.
        if (result.Errors.Count > 0 && result.Action is null or System.CommandLine.Invocation.ParseErrorAction)
        {
            return BadUsage(result, terminal);
        }

        try
        {
            return await result.InvokeAsync(new InvocationConfiguration
            {
                Output = terminal.Out,
                Error = terminal.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            });
        }
        catch (ResultNotWrittenException e)
        {
            ErrorLines.Write(terminal.Error, e.Message);
            return ExitCode.ResultNotWritten;
        }
        catch (Exception e)
        {
            if (WantsJson(result))
            {
                JsonReport.WriteError(terminal.Out, CommandPath(result), ExitCode.InternalError, new Status(StatusCode.Internal, e.Message));
            }

            ErrorLines.Write(terminal.Error, $"internal error, please report it: {e}");
            return ExitCode.InternalError;
        }
    }

    private static int BadUsage(ParseResult result, Terminal terminal)
    {
        var path = CommandPath(result);
        var mistakes = result.Errors.Select(e => e.Message).Distinct(StringComparer.Ordinal).ToArray();
        if (WantsJson(result))
        {
            JsonReport.WriteError(terminal.Out, path, ExitCode.BadUsage, new Status(StatusCode.InvalidArgument, string.Join("\n", mistakes)));
        }

        foreach (var mistake in mistakes)
        {
            ErrorLines.Write(terminal.Error, mistake);
        }

        ErrorLines.Write(terminal.Error, $"'guesttune {(path.Length == 0 ? "" : path + " ")}--help' says what is possible");
        return ExitCode.BadUsage;
    }

    private static string CommandPath(ParseResult result)
    {
        var names = new List<string>();
        for (var command = result.CommandResult; command?.Command is not (null or RootCommand); command = command.Parent as System.CommandLine.Parsing.CommandResult)
        {
            names.Insert(0, command.Command.Name);
        }

        return string.Join(' ', names);
    }

    // The value may be on either side of the mistake, so it is looked for among the words.
    private static bool WantsJson(ParseResult result)
    {
        for (var i = 0; i < result.Tokens.Count - 1; i++)
        {
            if (result.Tokens[i].Value is "-o" or "--output" && string.Equals(result.Tokens[i + 1].Value, "json", StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
