using System.CommandLine;
using GuestTune.Controller.Rendering;
using GuestTune.Controller.Serving;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace GuestTune.Controller.Cli;

/// <summary><c>guesttune serve</c>: the controller as a daemon on a UNIX socket.</summary>
internal static class ServeCommand
{
    public static Command Create(CommandContext context)
    {
        var command = new Command("serve", "Run the controller as a daemon on a UNIX socket, for many users or programs of this host");
        var socket = new Option<string>("--socket")
        {
            HelpName = "PATH",
            Description = $"where to listen (default: {ControllerConnector.DefaultSocket})",
        };
        var group = new Option<string?>("--group")
        {
            HelpName = "GROUP",
            Description = "let the members of this group use the daemon, beside root and the user it runs as",
        };
        command.Add(socket);
        command.Add(group);
        command.Validators.Add(result =>
        {
            if (GlobalOptions.IsGiven(result, context.Options.Controller) || GlobalOptions.IsGiven(result, context.Options.NoDaemon))
            {
                result.AddError("--controller and --no-daemon mean nothing to serve: it is the daemon");
            }
        });
        command.SetAction((result, _) => RunAsync(
            context,
            context.Invocation(result),
            result.GetValue(socket) ?? ControllerConnector.DefaultSocket,
            result.GetValue(group)));
        return command;
    }

    private static async Task<int> RunAsync(CommandContext context, Invocation invocation, string socketPath, string? group)
    {
        var options = new ServeOptions { SocketPath = socketPath, Group = group };
        var underSystemd = !string.IsNullOrEmpty(context.Terminal.Environment("JOURNAL_STREAM"));
        try
        {
            await using var controller = ControllerConnector.CreateInProcess(invocation, options.Links);
            await using var host = ControllerConnector.CreateHost(invocation);
            await using var domains = ControllerConnector.CreateDomains(invocation);
            await ControllerDaemon.RunAsync(controller, host, domains, options, context.Terminal.Environment, ConfigureLogging, context.Interrupt.Token);
            return ExitCode.Done;
        }
        catch (ServeException e)
        {
            ErrorLines.Write(context.Terminal.Error, e.Message);
            return ExitCode.NoController;
        }

        void ConfigureLogging(ILoggingBuilder logging)
        {
            // Standard output belongs to results.
            logging.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(o => o.LogToStandardErrorThreshold = LogLevel.Trace);
            _ = underSystemd
                ? logging.AddSystemdConsole()
                : logging.AddSimpleConsole(o =>
                {
                    o.SingleLine = true;
                    o.UseUtcTimestamp = true;
                    o.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
                });
        }
    }
}
