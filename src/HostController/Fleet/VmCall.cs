using Grpc.Core;
using GuestTune.Controller.Channel;
using GuestTune.Controller.Inventory;
using GuestTune.Controller.V1;
using AgentApi = GuestTune.Agent.V1;

namespace GuestTune.Controller.Fleet;

/// <summary>What is asked of one VM; the answer is its one result event.</summary>
internal delegate Task<VmEvent> VmCall(VmCallContext context);

/// <summary>What a <see cref="VmCall"/> works with.</summary>
/// <param name="Vm">The VM that is called.</param>
/// <param name="Attachment">The session that it goes over.</param>
internal readonly record struct VmCallContext(
    VmEntry Vm,
    AgentApi.Agent.AgentClient Agent,
    AgentApi.MeasuredBoot.MeasuredBootClient MeasuredBoot,
    CallOptions Options,
    Attachment Attachment,
    TimeProvider Time);
