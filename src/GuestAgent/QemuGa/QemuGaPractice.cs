using GuestTune.Practices;
using GuestTune.Practices.Commands;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.QemuGa;

/// <summary>Which commands qemu-ga refuses to its host.</summary>
internal sealed class QemuGaPractice(RootedFileSystem files, ICommandRunner commands, TimeProvider time) : IPractice
{
    public const string PracticeId = "qemu-ga-blocklist";

    private readonly QemuGaProgram _program = new(files, commands);
    private readonly QemuGaService _service = new(files, commands, time);

    public string Id => PracticeId;

    public PracticeSupport CheckSupport() => _program.FindPath() is not null
        ? new PracticeSupport(Id, true, null)
        : new PracticeSupport(Id, false, "qemu-ga is not installed (package qemu-guest-agent)");

    public Observation Observe(IReadOnlyList<OwnedValue> owned) => new QemuGaObserver(files, _program).Observe(CheckSupport(), owned);

    public Plan Plan(Desired desired)
    {
        ArgumentNullException.ThrowIfNull(desired);
        return new QemuGaPlanner(files, _program, Open).Plan(CheckSupport(), desired);
    }

    public IKnob OpenKnob(Change change)
    {
        ArgumentNullException.ThrowIfNull(change);
        return change.Item == QemuGaPlanner.BlockSetting && BlockListDropIn.UnitOf(change.Target) is { } unit
            ? Open(unit)
            : throw PracticeException.Precondition($"'{change.Item}' of {change.Target} is nothing that practice '{Id}' of this version knows");
    }

    private BlockListKnob Open(string unit) => new(files, unit, _program, _service);
}
