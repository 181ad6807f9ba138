using GuestTune.Controller.V1;

namespace GuestTune.Controller.DomainXml;

/// <summary>Domain practices as the CLI sees them, whether they are done in the same process or in a daemon; the messages and errors are those of domains.proto.</summary>
internal interface IDomainTuning : IAsyncDisposable
{
    IAsyncEnumerable<VmEvent> ObserveAsync(ObserveRequest request, CancellationToken cancellationToken);

    IAsyncEnumerable<VmEvent> PlanAsync(PlanRequest request, CancellationToken cancellationToken);

    IAsyncEnumerable<VmEvent> ApplyAsync(ApplyDomainRequest request, CancellationToken cancellationToken);

    IAsyncEnumerable<VmEvent> UndoAsync(UndoRequest request, CancellationToken cancellationToken);

    IAsyncEnumerable<VmEvent> HistoryAsync(HistoryRequest request, CancellationToken cancellationToken);

    IAsyncEnumerable<VmEvent> DiffAsync(DiffDomainRequest request, CancellationToken cancellationToken);
}
