using GuestTune.Agent.BootLoader;
using GuestTune.Agent.Kernel;
using GuestTune.Agent.Policy;
using GuestTune.Agent.SealedDisks;
using GuestTune.Practices;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.KernelArguments;

/// <summary>Kernel arguments that an operator wants besides those of other practices; the guest's administrator says which.</summary>
/// <param name="readPolicy">The policy as it is when it is asked for: what may be set can change while the agent runs.</param>
internal sealed class KernelArgumentsPractice(
    RootedFileSystem files, BootArguments arguments, IKernelLog kernelLog, SealedDiskGuard guard, Func<AgentPolicy> readPolicy) : IPractice
{
    public const string PracticeId = "kernel-arguments";

    public string Id => PracticeId;

    public PracticeSupport CheckSupport()
    {
        var support = arguments.CheckSupport();
        return new PracticeSupport(Id, support.Supported, support.Reason);
    }

    public Observation Observe(IReadOnlyList<OwnedValue> owned) => new KernelArgumentsObserver(files, arguments, kernelLog).Observe(owned);

    public Plan Plan(Desired desired)
    {
        ArgumentNullException.ThrowIfNull(desired);
        var planner = new KernelArgumentsPlanner(arguments, readPolicy());
        var changes = planner.PlanChanges(desired);
        return new Plan(Id, changes, planner.Warnings());
    }

    public IReadOnlyList<Change> PlanChanges(Desired desired)
    {
        ArgumentNullException.ThrowIfNull(desired);
        return new KernelArgumentsPlanner(arguments, readPolicy()).PlanChanges(desired);
    }

    public IReadOnlyList<string> CheckHarm(IReadOnlyList<Change> changes, bool force) => guard.Check(changes, force);

    public IKnob OpenKnob(Change change)
    {
        ArgumentNullException.ThrowIfNull(change);
        return arguments.OpenKnob(change) ?? throw PracticeException.Precondition($"'{change.Item}' is nothing that practice '{Id}' of this version knows");
    }
}
