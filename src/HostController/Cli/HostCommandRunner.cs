using System.CommandLine;
using Grpc.Core;
using GuestTune.Controller.HostPractices;
using GuestTune.Controller.Rendering;
using GuestTune.Controller.V1;

namespace GuestTune.Controller.Cli;

/// <summary>Runs one command about the host itself: calls, writes the answer as that of a VM would be, and gives the exit status.</summary>
internal sealed class HostCommandRunner(CommandContext context, ParseResult result, Option<string?> root)
{
    private const string Name = "host";

    private readonly Invocation _invocation = context.Invocation(result);

    public TextWriter Out => context.Terminal.Out;

    public TableStyle Style => _invocation.Style;

    public async Task<int> RunAsync(string command, string? operationId, Func<IHostTuning, CancellationToken, Task<VmEvent>> call, Action<VmOutcome> writeTable)
    {
        var report = new RunReport { Command = command, OperationId = operationId };
        var interrupt = context.Interrupt;
        try
        {
            await using var host = await ControllerConnector.OpenHostAsync(_invocation, result.GetValue(root), interrupt.Token);
            report.Vms = [new VmOutcome(Name, await call(host, interrupt.Token))];
        }
        catch (Exception e) when (interrupt.IsRequested && e is OperationCanceledException or RpcException)
        {
            report.InterruptedBy = interrupt.Signal;
            report.Error = new Status(StatusCode.Cancelled, "interrupted; 'guesttune host history' shows what was done");
        }
        catch (RpcException e) when (IsRefusal(e.StatusCode))
        {
            // Nothing is wrong with the command or the controller: it is this host, now, that cannot have it.
            report.Vms = [new VmOutcome(Name, new VmEvent { Error = new VmError { Code = (uint)e.StatusCode, Message = e.Status.Detail, Reached = true } })];
        }
        catch (RpcException e)
        {
            report.Error = e.Status;
        }

        Write(report, writeTable);
        return report.ExitCode;
    }

    /// <summary>For the users of libvirt, who are listed whatever was asked for.</summary>
    public async Task<int> RunUsersAsync(string command, Func<IHostTuning, CancellationToken, Task> change)
    {
        var report = new RunReport { Command = command };
        ListLibvirtUsersResponse? users = null;
        try
        {
            await using var host = await ControllerConnector.OpenHostAsync(_invocation, result.GetValue(root), context.Interrupt.Token);
            await change(host, context.Interrupt.Token);
            users = await host.ListLibvirtUsersAsync(new ListLibvirtUsersRequest(), context.Interrupt.Token);
        }
        catch (RpcException e)
        {
            report.Error = e.Status;
        }

        var code = report.Error is { } error && IsRefusal(error.StatusCode) ? ExitCode.SomeFailed : report.ExitCode;
        HostReport.WriteUsers(Out, Style, command, code, users, report.Error, asJson: _invocation.Output == OutputFormat.Json);
        if (report.Error is { } status)
        {
            ErrorLines.Write(context.Terminal.Error, status.Detail);
        }

        return code;
    }

    private static bool IsRefusal(StatusCode code) => code is StatusCode.FailedPrecondition or StatusCode.AlreadyExists or StatusCode.Internal;

    private void Write(RunReport report, Action<VmOutcome> writeTable)
    {
        if (_invocation.Output == OutputFormat.Json)
        {
            JsonReport.WriteHost(Out, report);
        }
        else if (report.Vms is [{ Error: null } answer])
        {
            writeTable(answer);
        }

        if ((report.Error?.Detail ?? report.Vms[0].Failure) is { } message)
        {
            ErrorLines.Write(context.Terminal.Error, message);
        }
    }
}
