using Grpc.Core;
using GuestTune.Agent.V1;
using GuestTune.Controller.V1;

namespace GuestTune.Controller.HostPractices;

/// <summary>
/// The host of VMs that another host's libvirt has: its practices are files there, which nobody can reach from here. Every call is refused, so that this host is neither shown nor changed in its place.
/// </summary>
/// <param name="uri">Of that libvirt.</param>
internal sealed class HostElsewhere(string uri) : IHostTuning
{
    public Task<ObserveResponse> ObserveAsync(Agent.V1.ObserveRequest request, CancellationToken cancellationToken) => Refuse<ObserveResponse>();

    public Task<PlanResponse> PlanAsync(Agent.V1.PlanRequest request, CancellationToken cancellationToken) => Refuse<PlanResponse>();

    public Task<ApplyResponse> ApplyAsync(Agent.V1.ApplyRequest request, CancellationToken cancellationToken) => Refuse<ApplyResponse>();

    public Task<UndoResponse> UndoAsync(Agent.V1.UndoRequest request, CancellationToken cancellationToken) => Refuse<UndoResponse>();

    public Task<HistoryResponse> HistoryAsync(Agent.V1.HistoryRequest request, CancellationToken cancellationToken) => Refuse<HistoryResponse>();

    public Task<ListLibvirtUsersResponse> ListLibvirtUsersAsync(ListLibvirtUsersRequest request, CancellationToken cancellationToken) => Refuse<ListLibvirtUsersResponse>();

    public Task<AddLibvirtUserResponse> AddLibvirtUserAsync(AddLibvirtUserRequest request, CancellationToken cancellationToken) => Refuse<AddLibvirtUserResponse>();

    public Task<RemoveLibvirtUserResponse> RemoveLibvirtUserAsync(RemoveLibvirtUserRequest request, CancellationToken cancellationToken) => Refuse<RemoveLibvirtUserResponse>();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private Task<T> Refuse<T>() => Task.FromException<T>(new RpcException(new Status(
        StatusCode.InvalidArgument, $"practices of a host are files of it, and {Rendering.TerminalText.Escape(uri, 200)} is not the libvirt of this host: run guesttune on that host, or without -c for this one")));
}
