using GuestTune.Agent.V1;
using GuestTune.Controller.V1;

namespace GuestTune.Controller.Remote;

/// <content>What is asked about the host itself.</content>
internal sealed partial class RemoteController
{
    /// <summary>To find a pool of huge pages the kernel may have to move a lot of memory; one operation waits for another.</summary>
    private static readonly TimeSpan ChangeTime = TimeSpan.FromMinutes(2);

    private readonly Host.HostClient _host;

    public Task<ObserveResponse> ObserveAsync(Agent.V1.ObserveRequest request, CancellationToken cancellationToken) =>
        CallAsync(options => _host.ObserveAsync(request, options), cancellationToken);

    public Task<PlanResponse> PlanAsync(Agent.V1.PlanRequest request, CancellationToken cancellationToken) =>
        CallAsync(options => _host.PlanAsync(request, options), cancellationToken);

    public Task<ApplyResponse> ApplyAsync(Agent.V1.ApplyRequest request, CancellationToken cancellationToken) =>
        CallAsync(options => _host.ApplyAsync(request, options), cancellationToken, ChangeTime);

    public Task<UndoResponse> UndoAsync(Agent.V1.UndoRequest request, CancellationToken cancellationToken) =>
        CallAsync(options => _host.UndoAsync(request, options), cancellationToken, ChangeTime);

    public Task<HistoryResponse> HistoryAsync(Agent.V1.HistoryRequest request, CancellationToken cancellationToken) =>
        CallAsync(options => _host.HistoryAsync(request, options), cancellationToken);

    public Task<ListLibvirtUsersResponse> ListLibvirtUsersAsync(ListLibvirtUsersRequest request, CancellationToken cancellationToken) =>
        CallAsync(options => _host.ListLibvirtUsersAsync(request, options), cancellationToken);

    public Task<AddLibvirtUserResponse> AddLibvirtUserAsync(AddLibvirtUserRequest request, CancellationToken cancellationToken) =>
        CallAsync(options => _host.AddLibvirtUserAsync(request, options), cancellationToken, ChangeTime);

    public Task<RemoveLibvirtUserResponse> RemoveLibvirtUserAsync(RemoveLibvirtUserRequest request, CancellationToken cancellationToken) =>
        CallAsync(options => _host.RemoveLibvirtUserAsync(request, options), cancellationToken, ChangeTime);
}
