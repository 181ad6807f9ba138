using System.CommandLine;
using Grpc.Core;
using GuestTune.Controller.Check;
using GuestTune.Controller.DomainXml;
using GuestTune.Controller.Libvirt;
using GuestTune.Controller.Rendering;
using GuestTune.Controller.V1;
using GuestTune.Practice.V1;

namespace GuestTune.Controller.Cli;

/// <summary><c>guesttune check</c>: the whole guide as an audit of this host, its domains and its guests.</summary>
internal static class CheckCommand
{
    private const string Name = "check";

    /// <summary>As of status: several practices start programs in the guest to know.</summary>
    private static readonly TimeSpan GuestTimeLimit = TimeSpan.FromSeconds(30);

    public static Command Create(CommandContext context)
    {
        var command = new Command(Name, "Hold this host, its domains and guests against the whole guide: what is wrong, why, and the command that mends it");
        var intent = new Option<CheckIntent>("--intent")
        {
            HelpName = "dedicated|overcommit",
            Description = "whether vCPUs have host CPUs of their own (default), or there are more vCPUs than host CPUs: it decides what is expected",
            CustomParser = static result =>
            {
                if (Enum.TryParse<CheckIntent>(result.Tokens[0].Value, ignoreCase: true, out var parsed) && !char.IsAsciiDigit(result.Tokens[0].Value[0]))
                {
                    return parsed;
                }

                result.AddError($"--intent cannot be '{TerminalText.Escape(result.Tokens[0].Value, 40)}'; it must be dedicated or overcommit");
                return default;
            },
        };
        intent.CompletionSources.Clear();
        intent.CompletionSources.Add("dedicated", "overcommit");
        var selection = new SelectionOptions();
        var noGuests = new Option<bool>("--no-guests") { Description = "only the host and libvirt's definitions" };
        var everything = new Option<bool>("--everything") { Description = "also what is as it should be" };
        selection.AddTo(command, required: false);
        command.Add(intent);
        command.Add(noGuests);
        command.Add(everything);
        command.SetAction(async (result, _) =>
        {
            var invocation = context.Invocation(result);
            var chosen = result.GetValue(intent);
            var stop = context.Interrupt.Token;
            var vms = selection.Read(result);

            // None named: all of them.
            vms.All |= vms.Names.Count == 0;
            var asked = await Task.WhenAll(
                AskHostAsync(invocation, chosen, stop),
                invocation.Connect is null && invocation.Controller is null && !LibvirtVmSource.DaemonIsPresent() && !LibvirtVmSource.DaemonIsInstalled()
                    ? Task.FromResult<IReadOnlyList<CheckFinding>>([])
                    : AskVmsAsync(CheckPlace.Domain, chosen, vms, ControllerConnector.OpenDomainsAsync, (c, r) => c.ObserveAsync(r, stop), invocation, DomainPracticeCatalog.TimeLimit, stop),
                result.GetValue(noGuests)
                    ? Task.FromResult<IReadOnlyList<CheckFinding>>([])
                    : AskVmsAsync(CheckPlace.Guest, chosen, vms, ControllerConnector.OpenAsync, (c, r) => c.ObserveAsync(r, stop), invocation, GuestTimeLimit, stop));
            var findings = asked.SelectMany(static f => f).ToArray();
            var code = context.Interrupt.IsRequested ? 128 + context.Interrupt.Signal : findings.All(static f => f.IsExpected) ? ExitCode.Done : ExitCode.SomeFailed;
            if (invocation.Output == OutputFormat.Json)
            {
                CheckReport.WriteJson(context.Terminal.Out, Name, code, chosen, findings);
            }
            else
            {
                CheckReport.WriteTable(context.Terminal.Out, invocation.Style, chosen, findings, result.GetValue(everything));
            }

            return code;
        });
        return command;
    }

    private static async Task<IReadOnlyList<CheckFinding>> AskHostAsync(Invocation invocation, CheckIntent intent, CancellationToken stop)
    {
        try
        {
            await using var host = await ControllerConnector.OpenHostAsync(invocation, root: null, stop);
            var answer = await host.ObserveAsync(new Agent.V1.ObserveRequest(), stop);
            return [.. CheckRules.Judge(CheckPlace.Host, "", answer.Observations, intent)];
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException)
        {
            return [NotAsked(CheckPlace.Host, "", Message(e))];
        }
    }

    private static async Task<IReadOnlyList<CheckFinding>> AskVmsAsync<T>(
        CheckPlace place,
        CheckIntent intent,
        V1.Selection vms,
        Func<Invocation, CancellationToken, Task<T>> open,
        Func<T, ObserveRequest, IAsyncEnumerable<VmEvent>> observe,
        Invocation invocation,
        TimeSpan timeLimit,
        CancellationToken stop)
        where T : IAsyncDisposable
    {
        var collector = new OutcomeCollector();
        try
        {
            await using var controller = await open(invocation, stop);
            await foreach (var one in observe(controller, new ObserveRequest { Selection = vms, Pace = invocation.ReadPace(timeLimit) }).WithCancellation(stop))
            {
                collector.Add(one);
            }
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.NotFound && vms.All && !collector.HasBegun)
        {
            // There are none.
            return [];
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException && !collector.HasBegun)
        {
            return [NotAsked(place, "", Message(e))];
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException)
        {
            // Those that had not answered are told apart below.
        }

        return
        [
            .. collector.Outcomes(unfinishedAreCancelled: true).SelectMany(vm => vm.Error is { } error
                ? [NotAsked(place, vm.Vm, error.Message)]
                : CheckRules.Judge(place, vm.Vm, vm.Result.Observe?.Observations ?? [], intent)),
        ];
    }

    private static CheckFinding NotAsked(CheckPlace place, string name, string message) => new(place, name, "", Verdict.Unspecified, IsExpected: false, message, "", []);

    private static string Message(Exception e) => e is RpcException rpc ? rpc.Status.Detail : "interrupted";
}
