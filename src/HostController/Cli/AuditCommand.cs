using System.CommandLine;
using System.Globalization;
using GuestTune.Controller.Rendering;
using GuestTune.Controller.Store;

namespace GuestTune.Controller.Cli;

/// <summary><c>guesttune audit</c>: who has asked this host's controller for what.</summary>
internal static class AuditCommand
{
    private const string Name = "audit";
    private const int UsualLimit = 50;
    private const int LargestLimit = 1_000_000;

    public static Command Create(CommandContext context)
    {
        var command = new Command(Name, "Show who enrolled, checked, saved and changed what, the newest first");
        var target = new Option<string?>("--target") { HelpName = "PATTERN", Description = "only of these VMs or baselines, e.g. 'web*'" };
        var action = new Option<string?>("--action") { HelpName = "PATTERN", Description = "only these actions, e.g. 'pcr check*'" };
        var since = new Option<string?>("--since") { HelpName = "TIME", Description = "only from then on: 2026-11-22, or 2026-11-22T08:00Z; without a zone it is UTC" };
        var limit = NumberOption.Create("--limit", "N", $"at most so many rows (default: {UsualLimit})", 1, LargestLimit, whole: true);
        since.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }] && ParseTime(text) is null)
            {
                result.AddError($"--since cannot be '{TerminalText.Escape(text, 40)}'; it must be a time as 2026-11-22, or 2026-11-22T08:00Z");
            }
        });
        command.Add(target);
        command.Add(action);
        command.Add(since);
        command.Add(limit);
        command.SetAction((result, cancellationToken) => RunAsync(
            context.Terminal,
            context.Invocation(result),
            new AuditFilter(result.GetValue(target), result.GetValue(action), result.GetValue(since) is { } text ? ParseTime(text) : null),
            (int)(NumberOption.Value(result, limit) ?? UsualLimit),
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(Terminal terminal, Invocation invocation, AuditFilter filter, int limit, CancellationToken cancellationToken)
    {
        var files = new StoreFiles(StateDirectory.Of(invocation));
        try
        {
            IReadOnlyList<AuditRecord> rows = [];
            // To look must make no database.
            if (File.Exists(files.DatabasePath))
            {
                using var store = new SqliteStore(files, TimeProvider.System);
                rows = await store.ListAuditAsync(filter, limit, cancellationToken);
            }

            if (invocation.Output == OutputFormat.Json)
            {
                AuditReport.WriteJson(terminal.Out, Name, ExitCode.Done, rows);
            }
            else
            {
                AuditReport.Write(terminal.Out, invocation.Style, rows, files.DatabasePath);
            }

            return ExitCode.Done;
        }
        catch (StoreException e)
        {
            if (invocation.Output == OutputFormat.Json)
            {
                JsonReport.WriteError(terminal.Out, Name, ExitCode.BadUsage, new Grpc.Core.Status(Grpc.Core.StatusCode.FailedPrecondition, e.Message));
            }

            ErrorLines.Write(terminal.Error, e.Message);
            return ExitCode.BadUsage;
        }
    }

    private static DateTimeOffset? ParseTime(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;
}
