using System.Xml.Linq;
using GuestTune.Controller.Libvirt;
using GuestTune.Practices;
using GuestTune.Practices.Values;

namespace GuestTune.Controller.DomainXml.IOThreads;

/// <summary>Threads of QEMU's own for virtual disks, so that neither its main loop nor its global lock is in their way.</summary>
internal sealed class IOThreadsPractice(DomainView view) : DomainPractice(view)
{
    public const string PracticeId = "iothreads";

    /// <summary>Facts that <c>check</c> looks for.</summary>
    public const string SharedCpus = "shared host CPUs";
    public const string ThreadsWithoutCpus = "IOThreads without host CPUs outside the vCPUs'";

    private const string ThreadItem = "iothread/";
    private const string PinItem = "iothreadpin/";
    private const string Present = "present";

    public override string Id => PracticeId;

    protected override string? WhyNot() => (string?)View.DomainCapabilities?.Element("iothreads")?.Attribute("supported") is "no" ? "this QEMU has no IOThreads (domain capabilities)" : null;

    protected override void Draft(Wishes wishes, PlanDraft draft)
    {
        var plan = IOThreadPlan.Of(View, wishes, draft.Warn);
        var now = IOThreadLayout.Of(View.Persistent.Root);
        WriteThreads(plan, now, draft);
        foreach (var device in now.Devices)
        {
            draft.Set(device.Path, plan.Assigned.TryGetValue(device.Name, out var thread) ? $"{thread}" : null);
        }

        foreach (var thread in now.Pins.Keys.Union(plan.Pins.Keys).Order())
        {
            draft.Set($"cputune/iothreadpin[@iothread='{thread}']/@cpuset", plan.Pins.GetValueOrDefault(thread));
        }

        foreach (var (_, reason) in Shared(plan.Pins, View.Persistent.Root))
        {
            draft.Warn(reason);
        }

        if (View.Live is { } live)
        {
            DraftLive(plan, IOThreadLayout.Of(live.Root), draft);
        }
    }

    protected override IKnob? OpenLive(string item)
    {
        if (item.StartsWith(ThreadItem, StringComparison.Ordinal) && int.TryParse(item[ThreadItem.Length..], out var id))
        {
            // One that serves a device is none that can be taken away: libvirt keeps it until the power goes.
            return new LiveKnob(
                View,
                () => RunningLayout() is var running && running.Ids.Contains(id) && running.Devices.All(d => d.Thread != id) ? Present : null,
                value =>
                {
                    if (value is null)
                    {
                        View.Domain.RemoveLiveIOThread(id);
                    }
                    else
                    {
                        View.Domain.AddLiveIOThread(id);
                    }
                });
        }

        // libvirt cannot take a pin away while the domain runs: all CPUs mean the same.
        return item.StartsWith(PinItem, StringComparison.Ordinal) && int.TryParse(item[PinItem.Length..], out var pinned)
            ? new LiveKnob(
                View,
                () => RunningLayout().Pins.GetValueOrDefault(pinned),
                value => View.Domain.PinLiveIOThread(pinned, LibvirtNumbers.TryParse(value)?.Numbers ?? AllCpus.Numbers),
                (left, right) => LibvirtNumbers.AreEqual(left ?? AllCpus.ToString(), right ?? AllCpus.ToString()))
            : null;
    }

    protected override (Verdict Verdict, string Reason) Judge(DomainFacts facts)
    {
        var persistent = IOThreadLayout.Of(View.Persistent.Root);
        facts.Add("iothreads", static d => $"{IOThreadLayout.Of(d).Ids.Count}");
        foreach (var device in persistent.Devices)
        {
            facts.Add($"iothread of {device.Name}", d => IOThreadLayout.Of(d).Devices.FirstOrDefault(o => o.Name == device.Name)?.Thread is { } thread ? $"{thread}" : null);
        }

        foreach (var thread in persistent.Ids)
        {
            facts.Add($"iothreadpin {thread}", d => IOThreadLayout.Of(d).Pins.GetValueOrDefault(thread));
        }

        var domain = (View.Live ?? View.Persistent).Root;
        if (Shared(IOThreadLayout.Of(domain).Pins, domain).ToArray() is { Length: > 0 } shared)
        {
            const string Source = "iothreadpin and vcpupin";
            facts.Add(SharedCpus, string.Join("; ", shared.Select(static s => s.Reason)), Source);
            if (IOThreadPlan.CpusForThreads(View, warn: static _ => { }) is null)
            {
                facts.Add(ThreadsWithoutCpus, new NumberSet(shared.Select(static s => s.Thread)).ToString(), Source);
            }
        }

        if (WhyNot() is { } reason)
        {
            return (Verdict.NotApplicable, reason);
        }

        var problems = Preflight.IOThreadCheck.Find(View, View.Persistent.Root).Concat(Preflight.PinCheck.Find(View, View.Persistent.Root)).Select(static p => p.Message).ToArray();
        if (problems.Length > 0)
        {
            return (Verdict.Failed, string.Join("; ", problems));
        }

        if (View.Live is not { } live)
        {
            return persistent.Assigned.Any() ? (Verdict.Configured, "the domain does not run" + Notes(persistent)) : (Verdict.Absent, NoneServes(persistent));
        }

        var running = IOThreadLayout.Of(live.Root);
        return Differences(persistent, running) is { Length: > 0 } differences ? (Verdict.Pending, $"after a power cycle: {differences}")
            : JudgeRunning(running, facts);
    }

    private NumberSet AllCpus => new(Enumerable.Range(0, View.CpuNumbers));

    private IOThreadLayout RunningLayout() => IOThreadLayout.Of(View.Live!.Root);

    private static void WriteThreads(IOThreadPlan plan, IOThreadLayout now, PlanDraft draft)
    {
        draft.Set("iothreads/text()", plan.Ids.Count == 0 ? null : $"{plan.Ids.Count}");
        if (!plan.NumbersAreWritten)
        {
            return;
        }

        foreach (var id in now.Ids.Except(plan.Ids))
        {
            draft.Set($"iothreadids/iothread[@id='{id}']", null);
        }

        foreach (var id in plan.Ids.Except(now.Ids))
        {
            draft.Set($"iothreadids/iothread[@id='{id}']", $"<iothread id=\"{id}\" />");
        }
    }

    private static void DraftLive(IOThreadPlan plan, IOThreadLayout running, PlanDraft draft)
    {
        foreach (var id in running.Ids.Except(plan.Ids))
        {
            if (running.Assigned.FirstOrDefault(a => a.Thread == id).Device is { } user)
            {
                draft.Warn($"IOThread {id} stays until the power cycle, since {user} runs on it");
            }
            else
            {
                draft.SetLive($"{ThreadItem}{id}", null);
            }
        }

        foreach (var id in plan.Ids)
        {
            if (!running.Ids.Contains(id))
            {
                draft.SetLive($"{ThreadItem}{id}", Present);
            }

            draft.SetLive($"{PinItem}{id}", plan.Pins.GetValueOrDefault(id));
        }
    }

    /// <summary>By where the kernel lets the threads run.</summary>
    private (Verdict Verdict, string Reason) JudgeRunning(IOThreadLayout running, DomainFacts facts)
    {
        if (running.Ids.Count == 0)
        {
            return (Verdict.Absent, NoneServes(running));
        }

        IReadOnlyList<IOThread> threads;
        try
        {
            threads = View.Domain.LiveIOThreads();
        }
        catch (LibvirtException e)
        {
            return (Verdict.Configured, $"libvirt does not say which threads run: {e.Message}");
        }

        foreach (var thread in threads)
        {
            facts.AddInForce($"cpus of iothread {thread.Id}", new NumberSet(thread.Cpus).ToString(), "libvirt (sched_getaffinity)");
        }

        foreach (var (id, pin) in running.Pins)
        {
            if (threads.FirstOrDefault(t => t.Id == id) is { } thread && !LibvirtNumbers.AreEqual(new NumberSet(thread.Cpus).ToString(), pin))
            {
                return (Verdict.Failed, $"IOThread {id} is pinned to {pin} and may run on {new NumberSet(thread.Cpus)}");
            }
        }

        return running.Ids.Except(threads.Select(static t => t.Id)).ToArray() is { Length: > 0 } missing
            ? (Verdict.Failed, $"QEMU does not have IOThread {string.Join(", ", missing)}")
            : running.Assigned.Any()
                ? (Verdict.Effective, string.Join(", ", running.Assigned.Select(static a => $"IOThread {a.Thread} serves {a.Device}")) + Notes(running))
                : (Verdict.Absent, NoneServes(running));
    }

    private static string NoneServes(IOThreadLayout layout) =>
        "QEMU's main loop serves all disks" + (layout.Ids.Count == 0 ? "" : $": none is given to IOThread {Show(layout.Ids)}");

    private static string Differences(IOThreadLayout persistent, IOThreadLayout running)
    {
        var differences = new List<string>();
        if (!persistent.Ids.SequenceEqual(running.Ids))
        {
            differences.Add($"there are IOThreads {Show(running.Ids)} now and will be {Show(persistent.Ids)}");
        }

        foreach (var device in persistent.Devices)
        {
            if (running.Devices.FirstOrDefault(d => string.Equals(d.Name, device.Name, StringComparison.Ordinal)) is { } now && now.Thread != device.Thread)
            {
                differences.Add($"{device.Name} is served by {Show(now.Thread)} now and will be by {Show(device.Thread)}");
            }
        }

        foreach (var id in persistent.Ids.Where(i => running.Ids.Contains(i) && !LibvirtNumbers.AreEqual(persistent.Pins.GetValueOrDefault(i), running.Pins.GetValueOrDefault(i))))
        {
            differences.Add($"IOThread {id} runs on {running.Pins.GetValueOrDefault(id) ?? "all CPUs"} now and will on {persistent.Pins.GetValueOrDefault(id) ?? "all"}");
        }

        return string.Join("; ", differences);
    }

    /// <summary>What the guide asks for besides: a thread of its own for each disk, on CPUs of its own.</summary>
    private static string Notes(IOThreadLayout layout)
    {
        var notes = layout.Assigned.GroupBy(static a => a.Thread).Where(static g => g.Skip(1).Any())
            .Select(static g => $"{string.Join(" and ", g.Select(static a => a.Device))} share IOThread {g.Key}").ToList();
        if (layout.Ids.Where(i => !layout.Pins.ContainsKey(i)).ToArray() is { Length: > 0 } unpinned)
        {
            notes.Add($"IOThread {string.Join(", ", unpinned)} is not pinned");
        }

        return string.Concat(notes.Select(static n => "; " + n));
    }

    private IEnumerable<(int Thread, string Reason)> Shared(IReadOnlyDictionary<int, string> pins, XElement domain)
    {
        var vcpus = VcpuPins.CpusOf(domain);
        return from pin in pins
               orderby pin.Key
               let all = LibvirtNumbers.TryParse(pin.Value)
               let cpus = all?.Intersect(vcpus)
               where cpus is { IsEmpty: false } && !all.Contains(AllCpus)
               select (pin.Key, $"IOThread {pin.Key} runs on host CPUs {cpus}, which are the vCPUs'");
    }

    private static string Show(IReadOnlyList<int> ids) => ids.Count == 0 ? "none" : new NumberSet(ids).ToString();

    private static string Show(int? thread) => thread is { } number ? $"IOThread {number}" : "the main loop";
}
