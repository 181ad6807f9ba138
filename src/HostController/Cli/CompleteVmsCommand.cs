using System.CommandLine;
using GuestTune.Controller.V1;

namespace GuestTune.Controller.Cli;

/// <summary>Hidden: the names of the VMs, one a line, for the shells' completion. It never says why it has none.</summary>
internal static class CompleteVmsCommand
{
    public const string Name = "complete-vms";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public static Command Create(CommandContext context)
    {
        var command = new Command(Name, "Names of VMs for completion") { Hidden = true };
        command.SetAction(async (result, _) =>
        {
            var invocation = context.Invocation(result);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.Interrupt.Token);
            limit.CancelAfter(invocation.TimeLimit ?? Patience);
            try
            {
                await using var controller = await ControllerConnector.OpenAsync(invocation, limit.Token);
                var response = await controller.ListVmsAsync(new ListVmsRequest(), limit.Token);
                foreach (var vm in response.Vms)
                {
                    if (string.Equals(Rendering.TerminalText.Escape(vm.Name, int.MaxValue), vm.Name, StringComparison.Ordinal))
                    {
                        await context.Terminal.Out.WriteLineAsync(vm.Name);
                    }
                }

                return ExitCode.Done;
            }
            catch (Exception e) when (e is Grpc.Core.RpcException or OperationCanceledException)
            {
                return ExitCode.NoController;
            }
        });
        return command;
    }
}
