using GuestTune.Controller.V1;

namespace GuestTune.Controller.Fleet;

/// <summary>
/// The controller as the CLI sees it, whether it runs in the same process or in a daemon; the messages and errors are
/// those of controller.proto.
/// </summary>
internal interface IController : IAsyncDisposable
{
    Task<ListVmsResponse> ListVmsAsync(ListVmsRequest request, CancellationToken cancellationToken);

    IAsyncEnumerable<VmEvent> PingAsync(PingRequest request, CancellationToken cancellationToken);

    IAsyncEnumerable<VmEvent> GetInfoAsync(GetInfoRequest request, CancellationToken cancellationToken);

    IAsyncEnumerable<VmEvent> ObserveAsync(ObserveRequest request, CancellationToken cancellationToken);

    IAsyncEnumerable<VmEvent> PlanAsync(PlanRequest request, CancellationToken cancellationToken);

    IAsyncEnumerable<VmEvent> ApplyAsync(ApplyRequest request, CancellationToken cancellationToken);

    IAsyncEnumerable<VmEvent> UndoAsync(UndoRequest request, CancellationToken cancellationToken);

    IAsyncEnumerable<VmEvent> HistoryAsync(HistoryRequest request, CancellationToken cancellationToken);

    IAsyncEnumerable<VmEvent> RebootAsync(RebootRequest request, CancellationToken cancellationToken);

    IAsyncEnumerable<VmEvent> ReadPcrsAsync(ReadPcrsRequest request, CancellationToken cancellationToken);

    IAsyncEnumerable<VmEvent> CollectEvidenceAsync(CollectEvidenceRequest request, CancellationToken cancellationToken);

    Task<ListBaselinesResponse> ListBaselinesAsync(ListBaselinesRequest request, CancellationToken cancellationToken);

    Task<RemoveBaselineResponse> RemoveBaselineAsync(RemoveBaselineRequest request, CancellationToken cancellationToken);

    IAsyncEnumerable<VmEvent> SaveBaselineAsync(SaveBaselineRequest request, CancellationToken cancellationToken);

    IAsyncEnumerable<VmEvent> CheckBootAsync(CheckBootRequest request, CancellationToken cancellationToken);

    IAsyncEnumerable<VmEvent> CollectBootAsync(CollectBootRequest request, CancellationToken cancellationToken);
}
