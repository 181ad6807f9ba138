using GuestTune.Controller.Inventory;
using GuestTune.Controller.V1;

namespace GuestTune.Controller.Fleet;

/// <summary>Work on one VM that takes several calls; the answer is its one result event.</summary>
/// <param name="report">Sends an event that is no result.</param>
internal delegate Task<VmEvent> VmJob(VmEntry vm, Func<VmEvent, ValueTask> report, CancellationToken cancellationToken);
