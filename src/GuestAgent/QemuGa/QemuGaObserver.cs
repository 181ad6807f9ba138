using GuestTune.Practices;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.QemuGa;

/// <summary>Sums up what qemu-ga blocks. From inside the guest that is never more than <i>configured</i>: qemu-ga answers on its port alone, which the host has.</summary>
internal sealed class QemuGaObserver(RootedFileSystem files, QemuGaProgram program)
{
    public const string BlockFact = "block";

    public Observation Observe(PracticeSupport support, IReadOnlyList<OwnedValue> owned)
    {
        if (!support.Supported)
        {
            return new Observation(QemuGaPractice.PracticeId, Verdict.NotApplicable, support.Reason!, []);
        }

        var state = QemuGaState.Read(files, program);
        var facts = new List<Fact>(16);
        AddLists(state, facts);
        AddSurroundings(state, facts);
        foreach (var mistake in ListMistakes.Describe(state))
        {
            facts.Add(new Fact("mistake", Scope.Context, mistake, SourceOf(state)));
        }

        var (verdict, reason) = Judge(state, owned);
        return new Observation(QemuGaPractice.PracticeId, verdict, reason, facts);
    }

    private static string SourceOf(QemuGaState state) => state.Process?.Source ?? state.Unit?.StartSource ?? QemuGaConfig.DefaultPath;

    private void AddLists(QemuGaState state, List<Fact> facts)
    {
        facts.Add(state.Process is { } process
            ? new Fact(BlockFact, Scope.InForce, string.Join(',', state.BlockedNow), process.Source)
            : new Fact(BlockFact, Scope.InForce, null, "/proc", "qemu-ga is not running"));
        if (state.UnitName is { } unit)
        {
            var path = BlockListDropIn.PathOf(unit);
            var ours = files.ReadText(path);
            facts.Add(new Fact(BlockFact, Scope.Persistent, BlockListDropIn.ListOf(ours.Text ?? string.Empty), path, ours.Problem));
        }

        if (state.WithoutOurs is { Start: { } start, StartSource: { } source })
        {
            AddLists(QemuGaArguments.Parse(start.Words).Lists, source, facts);
        }

        AddLists(state.Configuration, "qemu-ga.conf", facts);
    }

    private static void AddLists(RpcLists lists, string source, List<Fact> facts)
    {
        if (lists.Blocked.Count > 0)
        {
            facts.Add(new Fact(BlockFact, Scope.Persistent, string.Join(',', lists.Blocked), source));
        }

        if (lists.Allowed is { } allowed)
        {
            facts.Add(new Fact("allow", Scope.Persistent, string.Join(',', allowed), source));
        }
    }

    private void AddSurroundings(QemuGaState state, List<Fact> facts)
    {
        var path = program.FindPath()!;
        facts.Add(new Fact("version", Scope.Context, state.Version, path + " --version", state.Version is null ? program.WhyNotAsked ?? "it does not say" : null));
        facts.Add(new Fact("unit", Scope.Context, state.UnitName, state.Unit?.Fragment ?? "/usr/lib/systemd/system", state.UnitName is null ? "no service of systemd starts qemu-ga" : null));
        if (state.Unit is { } unit)
        {
            facts.AddRange(unit.DropIns.Select(d => new Fact("drop-in", Scope.Context, d, d)));
            facts.AddRange(unit.EnvironmentFiles.Select(f => new Fact("environment file", Scope.Context, f, f)));
        }

        if (state.Process is { } process)
        {
            facts.Add(new Fact("arguments", Scope.Context, string.Join(' ', process.Words), process.Source));
            facts.Add(new Fact("program", Scope.Context, process.Program, $"/proc/{process.Id}/exe", process.Program is null ? "cannot be read" : null));
        }
    }

    private (Verdict Verdict, string Reason) Judge(QemuGaState state, IReadOnlyList<OwnedValue> owned)
    {
        if (Drift(state, owned) is { } drift)
        {
            return (Verdict.Drifted, drift);
        }

        if (ListMistakes.MeantOnly(state, state.Process is null ? state.BlockedAtNextStart ?? [] : state.BlockedNow) is { Count: > 0 } meant)
        {
            return (Verdict.Failed, $"{string.Join(", ", meant)} {(meant.Count == 1 ? "is" : "are")} meant to be blocked and not blocked: {string.Join("; ", ListMistakes.Describe(state))}");
        }

        if (state.Process is null)
        {
            return NotRunning(state);
        }

        var now = state.BlockedNow;
        if (state.BlockedAtNextStart is { } next && !next.SequenceEqual(now, StringComparer.Ordinal))
        {
            return (Verdict.Pending, $"qemu-ga runs with other lists than its unit has: it blocks {Shown(now)}, and after a restart of {state.UnitName} {Shown(next)}");
        }

        return now.Count == 0
            ? (Verdict.Absent, "qemu-ga carries out every command that it has")
            : (Verdict.Configured, $"qemu-ga runs with {now.Count} command{(now.Count == 1 ? "" : "s")} blocked, as its process arguments and its configuration file say; only its own guest-info, asked for from the host, proves it");
    }

    private (Verdict Verdict, string Reason) NotRunning(QemuGaState state)
    {
        var next = state.BlockedAtNextStart ?? [];
        if (next.Count == 0)
        {
            return (Verdict.Absent, "qemu-ga is installed and not running, and nothing is blocked");
        }

        return program.WhyRefused(state.Unit!.Start!.Words) is { } refusal
            ? (Verdict.Failed, $"qemu-ga does not run, and refuses the arguments that its unit has: {refusal}")
            : (Verdict.Configured, $"qemu-ga is not running; when it starts it will block {Shown(next)}");
    }

    private string? Drift(QemuGaState state, IReadOnlyList<OwnedValue> owned)
    {
        var ours = owned.FirstOrDefault(static o => o.Item == BlockFact);
        if (ours is null || state.UnitName is not { } unit)
        {
            return ours?.Value is null ? null : $"the service for which operation {ours.OperationId} blocked {ours.Value} is gone";
        }

        var path = BlockListDropIn.PathOf(unit);
        var reading = files.ReadText(path);
        var list = reading.Text is { } text ? BlockListDropIn.ListOf(text) : null;
        if (!SetsAreEqual(list, ours.Value))
        {
            return $"{ours.Item} was set to {ours.Value ?? "nothing"} by operation {ours.OperationId} and is {list ?? "gone"} now ({path})";
        }

        return ours.Value is { } wanted && RpcLists.Split(wanted).Except(state.BlockedAtNextStart ?? [], StringComparer.Ordinal).Where(c => state.Commands.Count == 0 || state.Commands.Contains(c, StringComparer.Ordinal)).ToArray() is { Length: > 0 } lost
            ? $"{string.Join(", ", lost)} {(lost.Length == 1 ? "is" : "are")} in {path}, and another drop-in overrules it: {state.Unit?.StartSource}"
            : null;
    }

    private static bool SetsAreEqual(string? left, string? right)
        => left is null || right is null ? left is null && right is null : RpcLists.Split(left).ToHashSet(StringComparer.Ordinal).SetEquals(RpcLists.Split(right));

    private static string Shown(IReadOnlyList<string> list) => list.Count == 0 ? "nothing" : string.Join(",", list);
}
