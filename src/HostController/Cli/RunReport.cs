using Grpc.Core;

namespace GuestTune.Controller.Cli;

/// <summary>Everything that one command has to say: what the output is rendered from, and the exit status.</summary>
internal sealed class RunReport
{
    /// <summary>E.g. "set haltpoll".</summary>
    public required string Command { get; init; }

    /// <summary>Of a call that changes something.</summary>
    public string? OperationId { get; init; }

    /// <summary>In the order of the selection.</summary>
    public IReadOnlyList<VmOutcome> Vms { get; set; } = [];

    /// <summary>Why no VM was contacted.</summary>
    public Status? Error { get; set; }

    /// <summary>Signal that ended it; 0 for none.</summary>
    public int InterruptedBy { get; set; }

    public int ExitCode => (InterruptedBy, Error) switch
    {
        ( > 0 and var signal, _) => 128 + signal,
        (_, { } error) => ForError(error.StatusCode),
        _ when Vms.All(vm => vm.Failure is null) => Cli.ExitCode.Done,
        _ when Vms.Any(vm => vm.Reached) => Cli.ExitCode.SomeFailed,
        _ => Cli.ExitCode.NoneReached,
    };

    public static int ForError(StatusCode code) =>
        code is StatusCode.InvalidArgument or StatusCode.NotFound ? Cli.ExitCode.BadUsage : Cli.ExitCode.NoController;
}
