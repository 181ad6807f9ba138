using Grpc.Core;
using GuestTune.Agent.V1;

namespace GuestTune.Controller.HostPractices;

/// <summary>
/// What can be asked about the host itself, in this process or through a daemon; in the words that agents use for
/// guests. Every call throws an <see cref="RpcException"/> where it is refused.
/// </summary>
internal interface IHostTuning : IAsyncDisposable
{
    Task<ObserveResponse> ObserveAsync(ObserveRequest request, CancellationToken cancellationToken);

    Task<PlanResponse> PlanAsync(PlanRequest request, CancellationToken cancellationToken);

    Task<ApplyResponse> ApplyAsync(ApplyRequest request, CancellationToken cancellationToken);

    Task<UndoResponse> UndoAsync(UndoRequest request, CancellationToken cancellationToken);

    Task<HistoryResponse> HistoryAsync(HistoryRequest request, CancellationToken cancellationToken);
}
