using Grpc.Core;
using GuestTune.Controller.DomainXml;
using GuestTune.Controller.Fleet;
using GuestTune.Controller.Rendering;
using GuestTune.Controller.V1;

namespace GuestTune.Controller.Cli;

/// <summary>Runs one command over the controller: collects what the VMs answer, writes it, and gives the exit status.</summary>
internal sealed class CommandRunner(Invocation invocation, Interrupt interrupt)
{
    private static readonly TimeSpan QuietTime = TimeSpan.FromMilliseconds(300);

    public TextWriter Out => invocation.Terminal.Out;

    public TableStyle Style => invocation.Style;

    /// <param name="call">Starts the call on the controller.</param>
    /// <param name="writeTable">Writes the answers as a table; JSON needs nothing special.</param>
    public Task<int> RunAsync(
        string command,
        string? operationId,
        Func<IController, CancellationToken, IAsyncEnumerable<VmEvent>> call,
        Action<RunReport> writeTable) =>
        RunAsync(command, operationId, ControllerConnector.OpenAsync, call, writeTable);

    /// <summary>The same about the definitions of domains.</summary>
    public Task<int> RunOnDomainsAsync(
        string command,
        string? operationId,
        Func<IDomainTuning, CancellationToken, IAsyncEnumerable<VmEvent>> call,
        Action<RunReport> writeTable) =>
        RunAsync(command, operationId, ControllerConnector.OpenDomainsAsync, call, writeTable);

    private async Task<int> RunAsync<T>(
        string command,
        string? operationId,
        Func<Invocation, CancellationToken, Task<T>> open,
        Func<T, CancellationToken, IAsyncEnumerable<VmEvent>> call,
        Action<RunReport> writeTable)
        where T : IAsyncDisposable
    {
        var collector = new OutcomeCollector();
        var asking = AskAsync(command, operationId, open, call, collector);
        if (invocation.Terminal.ErrorIsTerminal && await Task.WhenAny(asking, Task.Delay(QuietTime, CancellationToken.None)) != asking)
        {
            await ProgressDisplay.RunAsync(invocation.Terminal.Error, invocation.Colors, command, async show =>
            {
                while (!asking.IsCompleted)
                {
                    show(collector.FinishedCount, collector.SelectedCount, collector.Latest);
                    await Task.WhenAny(asking, Task.Delay(100, CancellationToken.None));
                }
            });
        }

        var report = await asking;
        Write(report, writeTable);
        return report.ExitCode;
    }

    /// <summary>What the VMs answer, without a word to the terminal.</summary>
    public async Task<RunReport> AskAsync<T>(
        string command,
        string? operationId,
        Func<Invocation, CancellationToken, Task<T>> open,
        Func<T, CancellationToken, IAsyncEnumerable<VmEvent>> call,
        OutcomeCollector collector)
        where T : IAsyncDisposable
    {
        var report = new RunReport { Command = command, OperationId = operationId };
        try
        {
            await using var controller = await open(invocation, interrupt.Token);
            await foreach (var one in call(controller, interrupt.Token))
            {
                collector.Add(one);
            }
        }
        catch (RpcException e) when (!interrupt.IsRequested)
        {
            report.Error = e.Status;
        }
        catch (Exception e) when (interrupt.IsRequested && e is OperationCanceledException or RpcException)
        {
        }

        report.InterruptedBy = interrupt.Signal;
        report.Vms = collector.Outcomes(unfinishedAreCancelled: report.Error is null);
        if (report.Error is { } error && collector.HasBegun)
        {
            // The daemon went away in the middle: the VMs that had not answered fail with its reason.
            report.Error = null;
            report.Vms = collector.Outcomes(error);
        }

        return report;
    }

    /// <summary>For the command that contacts no VM.</summary>
    public async Task<int> RunAsync(string command, Func<IController, CancellationToken, Task<int>> call)
    {
        try
        {
            await using var controller = await ControllerConnector.OpenAsync(invocation, interrupt.Token);
            return await call(controller, interrupt.Token);
        }
        catch (RpcException e) when (!interrupt.IsRequested)
        {
            var code = RunReport.ForError(e.StatusCode);
            WriteError(command, code, e.Status);
            return code;
        }
        catch (Exception e) when (interrupt.IsRequested && e is OperationCanceledException or RpcException)
        {
            var code = 128 + interrupt.Signal;
            WriteError(command, code, new Status(StatusCode.Cancelled, "interrupted"));
            return code;
        }
    }

    private void Write(RunReport report, Action<RunReport> writeTable)
    {
        if (invocation.Output == OutputFormat.Json)
        {
            JsonReport.Write(Out, report);
        }
        else if (report.Error is null)
        {
            writeTable(report);
        }

        var error = invocation.Terminal.Error;
        if (report.Error is { } status)
        {
            ErrorLines.Write(error, status.Detail);
        }

        foreach (var vm in report.Vms)
        {
            if (vm.Failure is { } failure)
            {
                ErrorLines.Write(error, vm.Vm, failure);
            }
        }
    }

    private void WriteError(string command, int exitCode, Status status)
    {
        if (invocation.Output == OutputFormat.Json)
        {
            JsonReport.WriteError(Out, command, exitCode, status);
        }

        ErrorLines.Write(invocation.Terminal.Error, status.Detail);
    }
}
