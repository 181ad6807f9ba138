using GuestTune.Controller.Cli;
using GuestTune.Controller.Practices;
using GuestTune.Controller.V1;
using GuestTune.Practice.V1;
using AgentApi = GuestTune.Agent.V1;

namespace GuestTune.Controller.Rendering;

/// <summary>Writes what VMs answered as tables. VMs that failed are not in them: standard error has a line for each.</summary>
internal static class TableReport
{
    private const int MaxReasonLength = 500;
    private const int MaxHeadingLength = 40;
    private const string Vm = "VM";

    /// <summary>Of practices that only the agent knows.</summary>
    private const int MaxFurtherColumns = 8;

    public static void WriteVms(TextWriter output, TableStyle style, ListVmsResponse response)
    {
        var table = new TextTable("NAME", "SOURCE", "LABELS", "CHANNEL");
        foreach (var vm in response.Vms)
        {
            var labels = string.Join(",", vm.Labels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => l.Value.Length == 0 ? l.Key : $"{l.Key}={l.Value}"));
            table.AddRow(
                (vm.Name, CellTone.Plain),
                (vm.Source, CellTone.Plain),
                (labels.Length == 0 ? "-" : labels, CellTone.Plain),
                vm.Channel.Length > 0 ? (vm.Channel, CellTone.Plain) : (vm.Problem, CellTone.Notice));
        }

        Write(output, style, table);
    }

    public static void WritePing(TextWriter output, TableStyle style, IReadOnlyList<VmOutcome> vms)
    {
        var table = new TextTable("VM", "ATTACH", "FIRST", "MEDIAN", "COUNT");
        foreach (var (name, ping) in Answers(vms, r => r.Ping))
        {
            table.AddRow(
                name,
                ping.AttachNs == 0 ? "-" : Durations.Of(ping.AttachNs),
                ping.RoundTripNs.Count == 0 ? "-" : Durations.Of(ping.RoundTripNs[0]),
                ping.RoundTripNs.Count == 0 ? "-" : Durations.Of(Durations.Median(ping.RoundTripNs)),
                $"{ping.RoundTripNs.Count}");
        }

        Write(output, style, table);
    }

    public static void WriteInfo(TextWriter output, TableStyle style, IReadOnlyList<VmOutcome> vms)
    {
        var table = new TextTable("VM", "AGENT", "API", "OS", "KERNEL", "ARCH", "PRACTICES");
        foreach (var (name, info) in Answers(vms, r => r.Info))
        {
            table.AddRow(name, info.AgentVersion, info.ApiVersion, Os(info), info.KernelRelease, info.Architecture, Supported(info));
        }

        Write(output, style, table);

        // Why something is not supported is long: one line each, below.
        foreach (var (name, info) in Answers(vms, r => r.Info))
        {
            foreach (var practice in info.Practices.Where(p => !p.Supported))
            {
                output.WriteLine($"{Shown(name)}: {Shown(practice.Practice)} is not supported: {TerminalText.Escape(practice.Reason, MaxReasonLength)}");
            }

            if (info.MeasuredBoot is { Reason.Length: > 0 } measured)
            {
                output.WriteLine($"{Shown(name)}: measured boot{(measured.Supported ? "" : " is not supported")}: {TerminalText.Escape(measured.Reason, MaxReasonLength)}");
            }

            foreach (var line in PolicyLines(info.Policy))
            {
                output.WriteLine($"{Shown(name)}: {TerminalText.Escape(line, MaxReasonLength)}");
            }
        }
    }

    public static void WriteObservations(TextWriter output, TableStyle style, PracticeDefinition practice, IReadOnlyList<VmOutcome> vms)
    {
        var answers = Answers(vms, r => r.Observe)
            .Select(a => (a.Vm, Observation: a.Answer.Observations.FirstOrDefault(o => string.Equals(o.Practice, practice.Id, StringComparison.Ordinal))))
            .Where(a => a.Observation is not null)
            .ToArray();
        if (vms.Count == 1)
        {
            foreach (var (name, observation) in answers)
            {
                WriteObservation(output, style, name, observation!);
            }

            return;
        }

        var table = new TextTable(
        [
            "VM", "VERDICT", .. practice.Settings.Select(s => s.Column), .. practice.ContextColumns.Select(c => c.Column),
        ]);
        foreach (var (name, observation) in answers)
        {
            table.AddRow(
            [
                (name, CellTone.Plain),
                (Words.Of(observation!.Verdict), Tone(observation.Verdict)),
                .. practice.Settings.Select(s => s.Name).Concat(practice.ContextColumns.Select(c => c.Fact)).Select(f => (InForce(observation, f), CellTone.Plain)),
            ]);
        }

        Write(output, style, table);
        foreach (var (name, observation) in answers)
        {
            if (observation!.Reason.Length > 0)
            {
                output.WriteLine($"{Shown(name)}: {TerminalText.Escape(observation.Reason, MaxReasonLength)}");
            }
        }
    }

    /// <summary>One row for each VM, one column for each practice.</summary>
    /// <param name="explain">With all the evidence below.</param>
    /// <param name="known">The practices that have a column in any case; those of guests where it is not given.</param>
    public static void WriteStatus(TextWriter output, TableStyle style, IReadOnlyList<VmOutcome> vms, bool explain, IReadOnlyList<PracticeDefinition>? known = null)
    {
        known ??= PracticeCatalog.All;
        var answers = Answers(vms, r => r.Observe).ToArray();
        var further = answers.SelectMany(a => a.Answer.Observations).Select(o => o.Practice).Where(p => !known.Any(k => string.Equals(k.Id, p, StringComparison.Ordinal)));
        var columns = known.Select(p => (p.Id, Heading: p.Word)).Concat(further.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Take(MaxFurtherColumns).Select(p => (Id: p, Heading: p))).ToArray();
        var table = new TextTable(["VM", .. columns.Select(c => TerminalText.Escape(c.Heading, MaxHeadingLength))]);
        foreach (var (name, answer) in answers)
        {
            table.AddRow([(name, CellTone.Plain), .. columns.Select(c => Verdict(answer, c.Id))]);
        }

        Write(output, style, table);
        foreach (var (name, answer) in answers)
        {
            foreach (var observation in answer.Observations)
            {
                if (explain)
                {
                    WriteObservation(output, style, name, observation);
                }
                else if (observation.Verdict is Practice.V1.Verdict.Failed or Practice.V1.Verdict.Drifted or Practice.V1.Verdict.Pending)
                {
                    output.WriteLine($"{Shown(name)}: {Shown(observation.Practice)} is {Words.Of(observation.Verdict)}{Because(observation.Reason)}");
                }
            }
        }

        static (string, CellTone) Verdict(AgentApi.ObserveResponse answer, string practice)
            => answer.Observations.FirstOrDefault(o => string.Equals(o.Practice, practice, StringComparison.Ordinal)) is { } observation
                ? (Words.Of(observation.Verdict), Tone(observation.Verdict))
                : ("-", CellTone.Plain);
    }

    public static void WritePlans(TextWriter output, TableStyle style, IReadOnlyList<VmOutcome> vms, string subject = Vm)
    {
        var table = new TextTable(subject, "ITEM", "BEFORE", "AFTER", "TAKES EFFECT", "TARGET");
        foreach (var (name, answer) in Answers(vms, r => r.Plan))
        {
            foreach (var change in answer.Plan?.Changes ?? [])
            {
                table.AddRow(name, change.Item, Before(change), After(change), Words.Of(change.TakesEffect), change.Target);
            }

            if ((answer.Plan?.Changes.Count ?? 0) == 0)
            {
                table.AddRow(name, "(nothing to change)", "", "", "", "");
            }
        }

        Write(output, style, table);

        // Many VMs are alike: one diff for all that have it.
        foreach (var alike in Answers(vms, r => r.Plan).Where(a => a.Answer.Plan is { Files.Count: > 0 }).GroupBy(a => new Plan { Files = { a.Answer.Plan!.Files } }))
        {
            output.WriteLine($"{string.Join(", ", alike.Select(a => Shown(a.Vm)))}:");
            FileDiffReport.Write(output, style, alike.Key.Files);
        }

        foreach (var (name, answer) in Answers(vms, r => r.Plan))
        {
            foreach (var warning in answer.Plan?.Warnings ?? [])
            {
                output.WriteLine($"{Shown(name)}: warning: {TerminalText.Escape(warning, MaxReasonLength)}");
            }
        }
    }

    /// <summary>What Apply or Undo did.</summary>
    public static void WriteOperations(TextWriter output, TableStyle style, IReadOnlyList<VmOutcome> vms, string subject = Vm)
    {
        var table = new TextTable(subject, "RESULT", "ITEM", "BEFORE", "AFTER", "READ BACK", "TAKES EFFECT");
        foreach (var vm in vms)
        {
            if (vm.Operation is not { } operation)
            {
                continue;
            }

            foreach (var outcome in operation.Outcomes)
            {
                var change = outcome.Change ?? new Change();
                table.AddRow(
                    (vm.Vm, CellTone.Plain),
                    (Words.Of(outcome.State), Tone(outcome.State)),
                    (change.Item, CellTone.Plain),
                    (Before(change), CellTone.Plain),
                    (After(change), CellTone.Plain),
                    (outcome.HasReadBack ? outcome.ReadBack : "-", CellTone.Plain),
                    (Words.Of(change.TakesEffect), CellTone.Plain));
            }

            if (operation.Outcomes.Count == 0)
            {
                table.AddRow(
                    (vm.Vm, CellTone.Plain),
                    (Words.Of(operation.State), Tone(operation.State)),
                    ("-", CellTone.Plain),
                    ("-", CellTone.Plain),
                    ("-", CellTone.Plain),
                    ("-", CellTone.Plain),
                    ("-", CellTone.Plain));
            }
        }

        Write(output, style, table);
        foreach (var vm in vms)
        {
            var (observation, repeated) = vm.Result.EventCase switch
            {
                VmEvent.EventOneofCase.Apply => (vm.Result.Apply.Observation, vm.Result.Apply.RepeatedAnswer),
                VmEvent.EventOneofCase.Undo => (vm.Result.Undo.Observation, vm.Result.Undo.RepeatedAnswer),
                _ => (null, false),
            };
            if (observation is not null)
            {
                output.WriteLine($"{Shown(vm.Vm)}: {Shown(observation.Practice)} is {Words.Of(observation.Verdict)}{Because(observation.Reason)}");
            }

            // After a restart the answer is always the repeated one: that is how it was verified.
            if (repeated && vm.Result.Rebooted is null)
            {
                output.WriteLine($"{Shown(vm.Vm)}: this operation id had been used: its first answer is shown, and nothing was changed now");
            }
        }
    }

    public static void WriteHistory(TextWriter output, TableStyle style, IReadOnlyList<VmOutcome> vms, string subject = Vm)
    {
        var table = new TextTable(subject, "BEGUN (UTC)", "OPERATION", "KIND", "PRACTICE", "STATE", "CHANGES", "RELATED");
        foreach (var (name, history) in Answers(vms, r => r.History))
        {
            foreach (var operation in history.Operations)
            {
                table.AddRow(
                    (name, CellTone.Plain),
                    (Timestamps.Format(operation.BegunAt, "yyyy-MM-dd HH:mm:ss"), CellTone.Plain),
                    (operation.OperationId, CellTone.Plain),
                    (Words.Of(operation.Kind), CellTone.Plain),
                    (operation.Practice, CellTone.Plain),
                    (Words.Of(operation.State), Tone(operation.State)),
                    (string.Join(", ", operation.Outcomes.Select(Summary)), CellTone.Plain),
                    (operation.RelatedOperationId.Length == 0 ? "-" : operation.RelatedOperationId, CellTone.Plain));
            }

            if (history.Operations.Count == 0)
            {
                table.AddRow(name, "(none)", "", "", "", "", "", "");
            }
        }

        Write(output, style, table);
    }

    public static void WriteObservation(TextWriter output, TableStyle style, string vm, Observation observation)
    {
        output.WriteLine($"{Shown(vm)}: {Shown(observation.Practice)} is {Words.Of(observation.Verdict)}{Because(observation.Reason)}");
        var table = new TextTable("NAME", "SCOPE", "VALUE", "SOURCE");
        foreach (var fact in observation.Facts)
        {
            table.AddRow(
                (fact.Name, CellTone.Plain),
                (Words.Of(fact.Scope), CellTone.Plain),
                fact.HasValue ? (fact.Value, CellTone.Plain) : ($"({(fact.Problem.Length == 0 ? "none" : fact.Problem)})", CellTone.Notice),
                (fact.Source, CellTone.Plain));
        }

        Write(output, style, table);
    }

    private static void Write(TextWriter output, TableStyle style, TextTable table)
    {
        if (!table.IsEmpty)
        {
            table.WriteTo(output, style);
        }
    }

    private static IEnumerable<(string Vm, T Answer)> Answers<T>(IReadOnlyList<VmOutcome> vms, Func<VmEvent, T?> select)
        where T : class =>
        vms.Select(vm => (vm.Vm, Answer: select(vm.Result))).Where(a => a.Answer is not null).Select(a => (a.Vm, a.Answer!));

    private static string InForce(Observation observation, string name) =>
        observation.Facts
            .Where(f => f.HasValue && string.Equals(f.Name, name, StringComparison.Ordinal))
            .OrderBy(f => f.Scope switch { Scope.InForce => 0, Scope.Context => 1, _ => 2 })
            .FirstOrDefault() is { Scope: not Scope.Persistent } fact ? fact.Value : "-";

    private static string Summary(ChangeOutcome outcome)
    {
        var change = outcome.Change ?? new Change();
        return $"{change.Item} {Before(change)} -> {After(change)}{(outcome.State == ChangeState.Verified ? "" : $" ({Words.Of(outcome.State)})")}";
    }

    private static string Os(AgentApi.GetInfoResponse info) =>
        info.OsRelease.GetValueOrDefault("PRETTY_NAME") is { Length: > 0 } pretty ? pretty : info.OsRelease.GetValueOrDefault("ID") ?? "-";

    private static string Supported(AgentApi.GetInfoResponse info) =>
        string.Join(",", info.Practices.Where(p => p.Supported).Select(p => p.Practice)) is { Length: > 0 } list ? list : "-";

    private static IEnumerable<string> PolicyLines(AgentApi.Policy? policy)
    {
        if (policy is { Problem.Length: > 0 })
        {
            yield return $"the guest's agent.conf is wrong, so nothing can be changed: {policy.Problem}";
        }

        if (policy is { RefusedRpcs.Count: > 0 })
        {
            yield return $"the guest's agent.conf refuses: {string.Join(", ", policy.RefusedRpcs)}";
        }

        if (policy is { PersistRefused: true })
        {
            yield return "the guest's agent.conf refuses --persist";
        }
    }

    private static string Before(Change change) => change.HasBefore ? change.Before : "-";

    private static string After(Change change) => change.HasAfter ? change.After : "-";

    private static string Because(string reason) => reason.Length == 0 ? "" : $": {TerminalText.Escape(reason, MaxReasonLength)}";

    private static string Shown(string text) => TerminalText.Escape(text, 200);

    public static CellTone Tone(Verdict verdict) => verdict switch
    {
        Verdict.Effective => CellTone.Good,
        Verdict.Failed or Verdict.Drifted => CellTone.Bad,
        Verdict.Pending or Verdict.Configured => CellTone.Notice,
        _ => CellTone.Plain,
    };

    private static CellTone Tone(ChangeState state) => state switch
    {
        ChangeState.Verified => CellTone.Good,
        ChangeState.Failed => CellTone.Bad,
        _ => CellTone.Notice,
    };

    private static CellTone Tone(OperationState state) => state switch
    {
        OperationState.Done or OperationState.Unchanged => CellTone.Good,
        OperationState.Failed => CellTone.Bad,
        _ => CellTone.Notice,
    };
}
