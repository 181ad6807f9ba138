using System.Runtime.CompilerServices;
using Grpc.Core;
using GuestTune.Controller.Fleet;
using GuestTune.Controller.Inventory;
using GuestTune.Controller.MeasuredBoot.Comparison;
using GuestTune.Controller.Rendering;
using GuestTune.Controller.Selection;
using GuestTune.Controller.V1;
using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.Controller.MeasuredBoot.Baselines;

/// <summary>The controller's calls about baselines: checks a request whole, finds the reference, and runs the job on the VMs selected.</summary>
internal sealed class BaselineCalls(VmCatalog catalog, FleetRunner runner, BaselineJobs jobs) : IDisposable
{
    public Task<ListBaselinesResponse> ListAsync(ListBaselinesRequest request, CancellationToken cancellationToken) => jobs.ListAsync(request, cancellationToken);

    public Task<RemoveBaselineResponse> RemoveAsync(RemoveBaselineRequest request, CancellationToken cancellationToken) => jobs.RemoveAsync(request, cancellationToken);

    public async IAsyncEnumerable<VmEvent> SaveAsync(SaveBaselineRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var name = request.Name.Length == 0 ? null : request.Name;
        if (name is not null && !ReferenceName.IsAllowed(name))
        {
            throw Invalid($"a baseline cannot be called '{TerminalText.Escape(name, 80)}'; it must be {ReferenceName.Rule}");
        }

        var selection = PcrChoices.Read(request.Pcrs);
        var pacing = Pacing.From(request.Pace);
        var vms = VmSelector.Select(await catalog.LoadAsync(cancellationToken), request.Selection);
        if (name is not null && vms.Count != 1)
        {
            throw Invalid($"the baseline '{name}' is the boot of one VM, and {vms.Count} are selected; without a name each VM gets a baseline of its own");
        }

        await jobs.ExpectStoreAsync(cancellationToken);
        var events = runner.RunAsync(vms, pacing, changes: false, call => jobs.SaveAsync(call, name, selection, request.Replace, request.AcceptUnproven), cancellationToken);
        await foreach (var one in events)
        {
            yield return one;
        }
    }

    public async IAsyncEnumerable<VmEvent> CheckAsync(CheckBootRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var mask = PcrChoices.Mask(request.PcrMask);
        var pacing = Pacing.From(request.Pace);
        var snapshot = await catalog.LoadAsync(cancellationToken);
        var vms = VmSelector.Select(snapshot, request.Selection);
        await jobs.ExpectStoreAsync(cancellationToken);
        var reference = await FindReferenceAsync(request.Against, mask, snapshot, pacing, cancellationToken);
        await foreach (var one in runner.RunAsync(vms, pacing, changes: false, call => jobs.CheckAsync(call, reference, mask), cancellationToken))
        {
            yield return one;
        }
    }

    public async IAsyncEnumerable<VmEvent> CollectAsync(CollectBootRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var selection = PcrChoices.Read(request.Pcrs);
        var pacing = Pacing.From(request.Pace);
        var vms = VmSelector.Select(await catalog.LoadAsync(cancellationToken), request.Selection);
        await jobs.ExpectStoreAsync(cancellationToken);
        using var key = jobs.OpenKey();
        await foreach (var one in runner.RunAsync(vms, pacing, changes: false, call => jobs.CollectAsync(call, selection, key), cancellationToken))
        {
            yield return one;
        }
    }

    public void Dispose() => jobs.Dispose();

    private async Task<Reference> FindReferenceAsync(string against, uint mask, VmCatalogSnapshot snapshot, Pacing pacing, CancellationToken cancellationToken)
    {
        if (against is ReferenceName.Own)
        {
            return new Reference();
        }

        var name = ReferenceName.Parse(against);
        var vm = name.Scope is BaselineScope.Name ? null : snapshot.Vms.FirstOrDefault(v => v.Name == name.Name);
        var named = name.Scope is BaselineScope.Vm ? null : await jobs.FindNamedAsync(name.Name, cancellationToken);
        return (vm, named) switch
        {
            (not null, not null) => throw name.Ambiguous(),
            (not null, null) => new Reference(Neighbour: await AskAsync(vm, mask, pacing, cancellationToken)),
            (null, not null) => new Reference(named),
            _ => throw new RpcException(new Status(
                StatusCode.NotFound,
                $"there is neither a baseline nor a VM '{name.Shown}'; 'guesttune pcr baseline show' and 'guesttune vms' list what there is")),
        };
    }

    private async Task<BootSnapshot> AskAsync(VmEntry vm, uint mask, Pacing pacing, CancellationToken cancellationToken)
    {
        BootSnapshot? boot = null;
        var selection = new PcrSelection(TpmAlgorithm.Sha256, mask == 0 ? PcrChoices.OfBoot : mask);
        var events = runner.RunAsync([vm], pacing, changes: false, async call =>
        {
            boot = await jobs.SnapshotAsync(call, selection);
            return new VmEvent();
        }, cancellationToken);
        await foreach (var one in events)
        {
            if (one.EventCase == VmEvent.EventOneofCase.Error)
            {
                throw new RpcException(new Status(StatusCode.FailedPrecondition, $"the reference {TerminalText.Escape(vm.Name, 80)} cannot be asked: {one.Error.Message}"));
            }
        }

        return boot!;
    }

    private static RpcException Invalid(string message) => new(new Status(StatusCode.InvalidArgument, message));
}
