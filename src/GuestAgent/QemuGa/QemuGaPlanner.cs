using GuestTune.Agent.Systemd;
using GuestTune.Practices;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.QemuGa;

/// <summary>Checks a block list that is asked for against the qemu-ga that is installed, and tells it from the one that is there.</summary>
internal sealed class QemuGaPlanner(RootedFileSystem files, QemuGaProgram program, Func<string, BlockListKnob> open)
{
    public const string BlockSetting = "block";

    /// <summary>An empty text would unblock all commands where a script forgot a value.</summary>
    private const string NoList = "none";

    /// <exception cref="PracticeException">Wrong settings, or a list that this guest's qemu-ga cannot have.</exception>
    public Plan Plan(PracticeSupport support, Desired desired)
    {
        var wanted = Parse(desired);
        CheckGuest(support);
        var state = QemuGaState.Read(files, program);
        var unit = state.UnitName
            ?? throw PracticeException.Precondition("no service of systemd starts qemu-ga here (looked for qemu-guest-agent.service and qemu-ga.service): give the list to whatever starts it");
        CheckCommands(wanted, state, desired.Force);
        var knob = open(unit);
        var change = PlanChange(knob, unit, wanted, state);
        return new Plan(QemuGaPractice.PracticeId, change is null ? [] : [change], [.. Warnings(wanted, state)]);
    }

    /// <returns>Null for none.</returns>
    private static string[]? Parse(Desired desired)
    {
        var mistakes = desired.Settings.Keys.Where(static k => k != BlockSetting)
            .Select(static k => $"practice '{QemuGaPractice.PracticeId}' has no setting '{k}'; known: {BlockSetting}").ToList();
        string[]? wanted = null;
        if (!desired.Settings.TryGetValue(BlockSetting, out var value))
        {
            mistakes.Add($"no setting was given; known: {BlockSetting}");
        }
        else if (value != NoList)
        {
            wanted = value.Split(',');
            mistakes.AddRange(wanted.Where(static n => !RpcName.IsValid(n)).Select(n =>
                $"{BlockSetting} = '{value}': '{n}' is no name of a command; give names separated by commas, without spaces, such as guest-exec,guest-file-open, or {NoList}"));
        }

        if (!desired.Persist)
        {
            mistakes.Add("a block list is in a file of the service and holds after a reboot: ask for it with persist");
        }

        return mistakes.Count > 0
            ? throw PracticeException.Invalid(string.Join("; ", mistakes))
            : wanted is null ? null : [.. new SortedSet<string>(wanted, StringComparer.Ordinal)];
    }

    private void CheckGuest(PracticeSupport support)
    {
        if (!support.Supported)
        {
            throw PracticeException.Precondition("not applicable: " + support.Reason);
        }

        if (program.WhyNotAsked is { } reason)
        {
            throw PracticeException.Precondition($"the block list is not changed: {reason}");
        }

        if (!ServiceUnit.SystemdRuns(files))
        {
            throw PracticeException.Precondition(
                "this guest does not run systemd, and without it GuestTune cannot start qemu-ga anew with other arguments: "
                + "add the list to what starts it, e.g. DAEMON_ARGS=\"--block-rpcs=...\" in /etc/default/qemu-guest-agent");
        }
    }

    private static void CheckCommands(string[]? wanted, QemuGaState state, bool force)
    {
        if (state.Commands.Count == 0)
        {
            throw PracticeException.Precondition("this guest's qemu-ga does not say which commands it has (qemu-ga -b ?): nothing is blocked blindly");
        }

        if ((wanted ?? []).Except(state.Commands, StringComparer.Ordinal).ToArray() is { Length: > 0 } unknown)
        {
            throw PracticeException.Precondition(
                $"qemu-ga {state.Version} has no command {string.Join(", ", unknown.Select(static u => $"'{u}'"))}; it has: {string.Join(", ", state.Commands.Order(StringComparer.Ordinal))}");
        }

        if (!force && (wanted ?? []).Intersect(EssentialRpcs.NeedForce, StringComparer.Ordinal).ToArray() is { Length: > 0 } essential)
        {
            throw PracticeException.Precondition(
                $"{string.Join(", ", essential)}: without {(essential.Length == 1 ? "it" : "them")} the host cannot tell whether qemu-ga lives, or what it blocks; use force to block {(essential.Length == 1 ? "it" : "them")} nevertheless");
        }
    }

    private Change? PlanChange(BlockListKnob knob, string unit, string[]? wanted, QemuGaState state)
    {
        var path = BlockListDropIn.PathOf(unit);
        var reading = knob.Read();
        if (reading.Problem is { } problem)
        {
            throw PracticeException.Precondition($"{path} {problem}");
        }

        var list = wanted is null ? null : string.Join(',', wanted);
        FileEdit edit;
        try
        {
            edit = knob.Preview([new KnobWrite(knob, list)])[0];
            if (list is not null && program.WhyRefused(knob.WordsWith(list)) is { } refusal)
            {
                throw PracticeException.Precondition($"this qemu-ga would not start with that list: {refusal}");
            }
        }
        catch (IOException e)
        {
            throw new PracticeException(PracticeError.FailedPrecondition, e.Message, e);
        }

        // The same list, but not the same file: the package's own command has changed since. Or qemu-ga has not been restarted since.
        var isInForce = state.Process is null || (wanted ?? []).All(w => state.BlockedNow.Contains(w, StringComparer.Ordinal));
        return string.Equals(edit.Before, edit.After, StringComparison.Ordinal) && isInForce
            ? null
            : new Change(BlockSetting, path, reading.Value, list, TakesEffect.Now);
    }

    private static IEnumerable<string> Warnings(string[]? wanted, QemuGaState state)
    {
        foreach (var loss in (wanted ?? []).Select(EssentialRpcs.LossOf).OfType<string>().Distinct(StringComparer.Ordinal))
        {
            yield return loss;
        }

        if (state.Process is null)
        {
            yield return $"qemu-ga is not running: it is not started, and {state.UnitName} will give it the list when it starts";
        }
        else
        {
            yield return $"{state.UnitName} is restarted: what a host asks of qemu-ga in that second is lost";
        }

        var others = QemuGaArguments.Parse(state.WithoutOurs?.Start?.Words ?? []).Lists.And(state.Configuration).Effective(state.Commands).Except(wanted ?? [], StringComparer.Ordinal).ToArray();
        if (others.Length > 0)
        {
            yield return $"blocked already by this guest's own configuration, and left so: {string.Join(",", others)}";
        }

        foreach (var mistake in ListMistakes.Describe(state))
        {
            yield return mistake;
        }
    }
}
