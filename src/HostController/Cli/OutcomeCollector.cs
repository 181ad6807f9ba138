using Grpc.Core;
using GuestTune.Controller.Rendering;
using GuestTune.Controller.V1;

namespace GuestTune.Controller.Cli;

/// <summary>Gathers the events of one call into one outcome for every VM selected.</summary>
internal sealed class OutcomeCollector
{
    private readonly Dictionary<string, VmOutcome> _outcomes = new(StringComparer.Ordinal);
    private string[] _selected = [];
    private int _finished;

    public bool HasBegun { get; private set; }

    /// <summary>What was last heard of a restart, e.g. "vm1 went down".</summary>
    public string? Latest { get; private set; }

    public int SelectedCount => _selected.Length;

    public int FinishedCount => Volatile.Read(ref _finished);

    public void Add(VmEvent one)
    {
        switch (one.EventCase)
        {
            case VmEvent.EventOneofCase.Selected:
                _selected = [.. one.Selected.Vms];
                HasBegun = true;
                break;
            case VmEvent.EventOneofCase.Started or VmEvent.EventOneofCase.None:
                break;
            case VmEvent.EventOneofCase.RebootProgress:
                Latest = $"{TerminalText.Escape(one.Vm, 40)} {Words.Of(one.RebootProgress.Phase)}";
                break;
            default:
                _outcomes[one.Vm] = new VmOutcome(one.Vm, one);
                Volatile.Write(ref _finished, _outcomes.Count);
                break;
        }
    }

    public IReadOnlyList<VmOutcome> Outcomes(bool unfinishedAreCancelled) =>
        [.. _selected.Select(vm => _outcomes.GetValueOrDefault(vm) ?? (unfinishedAreCancelled ? VmOutcome.Cancelled(vm) : null)).OfType<VmOutcome>()];

    /// <param name="failure">What the VMs without an answer failed of.</param>
    public IReadOnlyList<VmOutcome> Outcomes(Status failure) =>
    [
        .. _selected.Select(vm => _outcomes.GetValueOrDefault(vm) ?? new VmOutcome(vm, new VmEvent
        {
            Vm = vm,
            Error = new VmError { Code = (uint)failure.StatusCode, Message = failure.Detail },
        })),
    ];
}
