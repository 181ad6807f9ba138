using Grpc.Core;
using GuestTune.Agent.V1;
using GuestTune.Controller.V1;

namespace GuestTune.Controller.HostPractices;

/// <summary>
/// What can be asked about the host itself, in this process or through a daemon; in the words that agents use for
/// guests. Every call throws an <see cref="RpcException"/> where it is refused.
/// </summary>
internal interface IHostTuning : IAsyncDisposable
{
    Task<ObserveResponse> ObserveAsync(Agent.V1.ObserveRequest request, CancellationToken cancellationToken);

    Task<PlanResponse> PlanAsync(Agent.V1.PlanRequest request, CancellationToken cancellationToken);

    Task<ApplyResponse> ApplyAsync(Agent.V1.ApplyRequest request, CancellationToken cancellationToken);

    Task<UndoResponse> UndoAsync(Agent.V1.UndoRequest request, CancellationToken cancellationToken);

    Task<HistoryResponse> HistoryAsync(Agent.V1.HistoryRequest request, CancellationToken cancellationToken);

    Task<ListLibvirtUsersResponse> ListLibvirtUsersAsync(ListLibvirtUsersRequest request, CancellationToken cancellationToken);

    Task<AddLibvirtUserResponse> AddLibvirtUserAsync(AddLibvirtUserRequest request, CancellationToken cancellationToken);

    Task<RemoveLibvirtUserResponse> RemoveLibvirtUserAsync(RemoveLibvirtUserRequest request, CancellationToken cancellationToken);
}
