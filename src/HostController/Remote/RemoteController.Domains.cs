using GuestTune.Controller.DomainXml;
using GuestTune.Controller.V1;

namespace GuestTune.Controller.Remote;

/// <content>What is asked about the definitions of domains.</content>
internal sealed partial class RemoteController
{
    private readonly Domains.DomainsClient _domains;

    IAsyncEnumerable<VmEvent> IDomainTuning.ObserveAsync(ObserveRequest request, CancellationToken cancellationToken) =>
        ReadAsync(token => _domains.Observe(request, cancellationToken: token), request.Pace, cancellationToken);

    IAsyncEnumerable<VmEvent> IDomainTuning.PlanAsync(PlanRequest request, CancellationToken cancellationToken) =>
        ReadAsync(token => _domains.Plan(request, cancellationToken: token), request.Pace, cancellationToken);

    IAsyncEnumerable<VmEvent> IDomainTuning.ApplyAsync(ApplyDomainRequest request, CancellationToken cancellationToken) =>
        ReadAsync(token => _domains.Apply(request, cancellationToken: token), request.Pace, cancellationToken);

    IAsyncEnumerable<VmEvent> IDomainTuning.UndoAsync(UndoRequest request, CancellationToken cancellationToken) =>
        ReadAsync(token => _domains.Undo(request, cancellationToken: token), request.Pace, cancellationToken);

    IAsyncEnumerable<VmEvent> IDomainTuning.HistoryAsync(HistoryRequest request, CancellationToken cancellationToken) =>
        ReadAsync(token => _domains.History(request, cancellationToken: token), request.Pace, cancellationToken);

    IAsyncEnumerable<VmEvent> IDomainTuning.DiffAsync(DiffDomainRequest request, CancellationToken cancellationToken) =>
        ReadAsync(token => _domains.Diff(request, cancellationToken: token), request.Pace, cancellationToken);
}
