using System.CommandLine;
using Google.Protobuf.Collections;
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
    private const string Program = "guesttune ";
    private const string Interrupted = "interrupted";

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
            var runner = context.Runner(invocation);
            var hasLibvirt = invocation.Connect is not null || invocation.Controller is not null || LibvirtVmSource.DaemonIsPresent() || LibvirtVmSource.DaemonIsInstalled();
            var host = AskHostAsync(invocation, chosen, stop);
            var domains = !hasLibvirt ? NothingAsync()
                : AskVmsAsync(runner, CheckPlace.Domain, chosen, vms, ControllerConnector.OpenDomainsAsync, (c, t) => c.ObserveAsync(Request(DomainPracticeCatalog.TimeLimit), t));
            var guests = result.GetValue(noGuests) ? NothingAsync()
                : AskVmsAsync(runner, CheckPlace.Guest, chosen, vms, ControllerConnector.OpenAsync, (c, t) => c.ObserveAsync(Request(GuestTimeLimit), t));
            var (ofHost, leftOut) = await host;
            await Task.WhenAll(domains, guests);
            CheckFinding[] findings = [.. ofHost.Concat(await domains).Concat(await guests).Select(f => f with { Fix = WithSource(f.Fix, invocation) })];
            var code = context.Interrupt.IsRequested ? 128 + context.Interrupt.Signal : findings.All(static f => f.IsExpected) ? ExitCode.Done : ExitCode.SomeFailed;
            if (invocation.Output == OutputFormat.Json)
            {
                CheckReport.WriteJson(context.Terminal.Out, Name, code, chosen, findings, leftOut);
            }
            else
            {
                CheckReport.WriteTable(context.Terminal.Out, invocation.Style, chosen, findings, leftOut, result.GetValue(everything));
            }

            return code;

            ObserveRequest Request(TimeSpan timeLimit) => new() { Selection = vms, Pace = invocation.ReadPace(timeLimit) };
        });
        return command;
    }

    /// <returns>Findings, or why the host of the VMs is left out.</returns>
    private static async Task<(IReadOnlyList<CheckFinding> Findings, string? LeftOut)> AskHostAsync(Invocation invocation, CheckIntent intent, CancellationToken stop)
    {
        try
        {
            await using var host = await ControllerConnector.OpenHostAsync(invocation, root: null, stop);
            var answer = await host.ObserveAsync(new Agent.V1.ObserveRequest(), stop);
            return ([.. CheckRules.Judge(CheckPlace.Host, "", answer.Observations, intent)], null);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.InvalidArgument)
        {
            return ([], e.Status.Detail);
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException)
        {
            return ([NotAsked(CheckPlace.Host, "", e is RpcException rpc ? rpc.Status.Detail : Interrupted)], null);
        }
    }

    private static async Task<IReadOnlyList<CheckFinding>> AskVmsAsync<T>(
        CommandRunner runner, CheckPlace place, CheckIntent intent, V1.Selection vms, Func<Invocation, CancellationToken, Task<T>> open, Func<T, CancellationToken, IAsyncEnumerable<VmEvent>> observe)
        where T : IAsyncDisposable
    {
        var report = await runner.AskAsync(Name, operationId: null, open, observe, new OutcomeCollector());
        var dedicated = CheckConflicts.DedicatedCpus(report.Vms.SelectMany(static vm => ObservationsOf(vm)));
        return report switch
        {
            // No VM matches all: there is none.
            { Error: { StatusCode: StatusCode.NotFound } } when vms.All => [],
            { Error: { } error } => [NotAsked(place, "", error.Detail)],
            { InterruptedBy: > 0, Vms: [] } => [NotAsked(place, "", Interrupted)],
            _ => [.. report.Vms.SelectMany(vm => vm.Error is { } error ? [NotAsked(place, vm.Vm, error.Message)] : CheckRules.Judge(place, vm.Vm, ObservationsOf(vm), intent, dedicated))],
        };
    }

    private static RepeatedField<Observation> ObservationsOf(VmOutcome vm) => vm.Result.Observe?.Observations ?? [];

    private static Task<IReadOnlyList<CheckFinding>> NothingAsync() => Task.FromResult<IReadOnlyList<CheckFinding>>([]);

    /// <summary>A command that is about the same VMs: a VM of the same name elsewhere may be another one.</summary>
    private static string WithSource(string fix, Invocation invocation)
    {
        var (option, value) = invocation switch
        {
            { Controller: { } address } => ("--controller", address),
            { Connect: { } uri } => ("-c", uri),
            { Inventory: { } file } => ("--inventory", file),
            _ => ("", ""),
        };
        return option.Length == 0 || !fix.StartsWith(Program, StringComparison.Ordinal) ? fix : $"{Program}{option} {CheckRules.Word(value)} {fix[Program.Length..]}";
    }

    private static CheckFinding NotAsked(CheckPlace place, string name, string message) => new(place, name, "", Verdict.Unspecified, IsExpected: false, message, "", []);
}
