using System.CommandLine;
using GuestTune.Controller.Fleet;
using GuestTune.Controller.Rebooting;
using GuestTune.Controller.Rendering;
using GuestTune.Controller.V1;

namespace GuestTune.Controller.Cli;

/// <summary><c>guesttune reboot</c>: restarts guests, and follows each until its agent is back.</summary>
internal static class RebootCommand
{
    private const string Name = "reboot";

    public static Command Create(CommandContext context)
    {
        var command = new Command(Name, "Restart guests, wait until their agents are back in another boot, and show what is in force there");
        var selection = new SelectionOptions();
        var flags = new RebootFlags(isOptional: false);
        var reason = new Option<string?>("--reason") { HelpName = "TEXT", Description = "for the guests' logs" };
        var operation = OperationOptions.Id("id of this restart: repeated, it restarts no guest a second time");
        reason.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && result.Tokens[0].Value.Length > RebootSettings.LargestReasonLength)
            {
                result.AddError($"--reason has {result.Tokens[0].Value.Length} characters; at most {RebootSettings.LargestReasonLength} are allowed");
            }
        });
        selection.AddTo(command, required: true);
        flags.AddTo(command);
        command.Add(reason);
        command.Add(operation);
        command.SetAction((result, _) =>
        {
            var invocation = context.Invocation(result);
            var runner = context.Runner(invocation);
            var id = result.GetValue(operation) ?? OperationId.New();
            var request = new RebootRequest
            {
                Selection = selection.Read(result),
                Pace = invocation.ReadPace(),
                OperationId = id,
                Options = flags.Read(result),
                Reason = result.GetValue(reason) ?? "",
            };
            return runner.RunAsync(
                Name,
                id,
                (controller, cancellationToken) => controller.RebootAsync(request, cancellationToken),
                report =>
                {
                    RebootTable.Write(runner.Out, runner.Style, report.Vms);
                    ForecastLines.Write(runner.Out, report.Vms);
                    runner.Out.WriteLine($"reboot operation {id}");
                });
        });
        return command;
    }
}
