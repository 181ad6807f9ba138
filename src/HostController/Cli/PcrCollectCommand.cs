using System.CommandLine;
using GuestTune.Controller.Rendering;
using GuestTune.Controller.V1;

namespace GuestTune.Controller.Cli;

/// <summary><c>guesttune pcr collect</c>: writes evidence for archives, one signed document a VM.</summary>
internal static class PcrCollectCommand
{
    private const string Name = "pcr collect";
    private const string StandardOutput = "-";

    public static Command Create(CommandContext context)
    {
        var command = new Command("collect", "Write one signed JSON document for each VM: quote, keys, event log and verdict, to be verified offline");
        var selection = new SelectionOptions();
        var pcrs = new PcrChoiceOptions("0-9,11-14");
        var target = new Option<string>("--out")
        {
            HelpName = "DIR",
            Description = "where to write VM.json for each VM, or - for one line each on standard output",
            Required = true,
        };
        target.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value.Length: 0 }])
            {
                result.AddError("--out is empty; give a directory, or - for standard output");
            }
            else if (result.Tokens is [{ Value: StandardOutput }] && result.GetValue(context.Options.Output) == OutputFormat.Json)
            {
                result.AddError("--out - and --output json both want standard output; give one of them");
            }
        });
        selection.AddTo(command, required: true);
        pcrs.AddTo(command, withBank: true);
        command.Add(target);
        command.SetAction((result, _) =>
        {
            var invocation = context.Invocation(result);
            var runner = context.Runner(invocation);
            var request = new CollectBootRequest { Selection = selection.Read(result), Pace = invocation.ReadPace(PcrTime.Limit), Pcrs = pcrs.Read(result) };
            var documents = result.GetValue(target) is { } path && path != StandardOutput ? new DocumentFolder(path) : null;
            return runner.RunAsync(
                Name,
                operationId: null,
                (controller, cancellationToken) => documents is null
                    ? controller.CollectBootAsync(request, cancellationToken)
                    : documents.SaveAsync(controller.CollectBootAsync(request, cancellationToken)),
                report => Write(runner.Out, report.Vms, documents));
        });
        return command;
    }

    private static void Write(TextWriter output, IReadOnlyList<VmOutcome> vms, DocumentFolder? documents)
    {
        foreach (var vm in vms)
        {
            if (vm.Result.BootDocument is not { } document)
            {
                continue;
            }

            output.WriteLine(documents is null
                ? document.Content.ToStringUtf8()
                : $"{TerminalText.Escape(vm.Vm, 255)}: {TerminalText.Escape(documents.PathOf(vm.Vm), 1000)}, {(document.IsProven ? "proven" : "unauthenticated")}");
        }
    }
}
