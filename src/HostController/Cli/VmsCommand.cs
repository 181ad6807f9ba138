using System.CommandLine;
using GuestTune.Controller.Rendering;
using GuestTune.Controller.V1;

namespace GuestTune.Controller.Cli;

/// <summary><c>guesttune vms</c>: which VMs there are, and how each is reached. No VM is contacted.</summary>
internal static class VmsCommand
{
    private const string Name = "vms";

    public static Command Create(CommandContext context)
    {
        var command = new Command(Name, "List the VMs of the inventory and of libvirt, and their channels");
        var selection = new SelectionOptions();
        selection.AddTo(command, required: false);
        command.SetAction((result, _) =>
        {
            var invocation = context.Invocation(result);
            var runner = context.Runner(invocation);
            return runner.RunAsync(Name, async (controller, cancellationToken) =>
            {
                var response = await controller.ListVmsAsync(new ListVmsRequest { Selection = selection.Read(result) }, cancellationToken);
                var exitCode = response.Vms.Count == 0 && response.Warnings.Count > 0 ? ExitCode.NoController : ExitCode.Done;
                if (invocation.Output == OutputFormat.Json)
                {
                    JsonReport.WriteVms(runner.Out, Name, exitCode, response);
                }
                else
                {
                    TableReport.WriteVms(runner.Out, runner.Style, response);
                }

                foreach (var warning in response.Warnings)
                {
                    ErrorLines.Write(invocation.Terminal.Error, warning);
                }

                return exitCode;
            });
        });
        return command;
    }
}
