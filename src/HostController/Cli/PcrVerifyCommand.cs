using System.CommandLine;
using GuestTune.Controller.MeasuredBoot.Documents;
using GuestTune.Controller.Rendering;
using GuestTune.Controller.Store;

namespace GuestTune.Controller.Cli;

/// <summary><c>guesttune pcr verify</c>: judges documents of <c>pcr collect</c> again, without any VM or controller.</summary>
internal static class PcrVerifyCommand
{
    private const string Name = "pcr verify";

    public static Command Create(CommandContext context)
    {
        var command = new Command("verify", "Verify documents of 'pcr collect' again, offline: who signed them, the quote, and the event log");
        var files = new Argument<string[]>("FILE") { Description = "documents, one a line", Arity = ArgumentArity.OneOrMore };
        var key = new Option<string?>("--key")
        {
            HelpName = "FILE",
            Description = "public key of the controller that signed, PEM (default: that of this host's own controller)",
        };
        files.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(static t => t.Value.Length == 0 || t.Value.StartsWith('-')))
            {
                result.AddError(token.Value.Length == 0 ? "the name of a file is empty" : $"there is no option '{TerminalText.Escape(token.Value, 80)}'");
            }
        });
        command.Add(files);
        command.Add(key);
        command.SetAction(result => Run(context.Terminal, context.Invocation(result), result.GetValue(files)!, result.GetValue(key)));
        return command;
    }

    private static int Run(Terminal terminal, Invocation invocation, string[] files, string? keyFile)
    {
        VerificationKey key;
        try
        {
            key = ReadKey(invocation, keyFile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DocumentException)
        {
            return Refuse(terminal, invocation, e.Message);
        }

        var verdicts = new List<VerifiedFile>();
        foreach (var file in files)
        {
            try
            {
                verdicts.AddRange(VerifiedFile.Read(file, key));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return Refuse(terminal, invocation, $"{file} cannot be read: {e.Message}");
            }
        }

        var exitCode = verdicts.TrueForAll(static v => v.Problems.Count == 0) ? ExitCode.Done : ExitCode.SomeFailed;
        if (invocation.Output == OutputFormat.Json)
        {
            DocumentReport.WriteJson(terminal.Out, Name, exitCode, verdicts);
        }
        else
        {
            DocumentReport.Write(terminal.Out, verdicts);
        }

        foreach (var (verdict, problem) in verdicts.SelectMany(static v => v.Problems.Select(p => (v, p))))
        {
            ErrorLines.Write(terminal.Error, verdict.Place, problem);
        }

        return exitCode;
    }

    private static VerificationKey ReadKey(Invocation invocation, string? keyFile)
    {
        var path = keyFile ?? new StoreFiles(StateDirectory.Of(invocation)).SigningKeyPath;
        try
        {
            return VerificationKey.FromPem(BoundedFile.ReadText(path));
        }
        catch (Exception e) when (keyFile is null && e is IOException or UnauthorizedAccessException)
        {
            throw new DocumentException($"there is no key to verify by: give the public key of the controller that signed by --key FILE ({path}: {e.Message})", e);
        }
        catch (DocumentException e)
        {
            throw new DocumentException($"{path} is no key to verify by: {e.Message}", e);
        }
    }

    private static int Refuse(Terminal terminal, Invocation invocation, string message)
    {
        if (invocation.Output == OutputFormat.Json)
        {
            JsonReport.WriteError(terminal.Out, Name, ExitCode.BadUsage, new Grpc.Core.Status(Grpc.Core.StatusCode.InvalidArgument, message));
        }

        ErrorLines.Write(terminal.Error, message);
        return ExitCode.BadUsage;
    }
}
