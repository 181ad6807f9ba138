using System.Globalization;
using GuestTune.Practices;
using GuestTune.Practices.Values;

namespace GuestTune.Controller.DomainXml.IOThreads;

/// <summary>The IOThreads that a domain is to have, from those that it has and what is wished.</summary>
internal sealed class IOThreadPlan
{
    /// <summary>More are a typing mistake.</summary>
    public const int MaximumCount = 256;

    private readonly SortedSet<int> _ids;
    private readonly Dictionary<string, int> _assigned;
    private readonly Dictionary<int, string> _pins;
    private readonly IOThreadLayout _now;

    private IOThreadPlan(IOThreadLayout now, bool numbersAreWritten)
    {
        _now = now;
        NumbersAreWritten = numbersAreWritten;
        _ids = [.. now.Ids];
        _assigned = now.Assigned.ToDictionary(static a => a.Device, static a => a.Thread, StringComparer.Ordinal);
        _pins = new Dictionary<int, string>(now.Pins);
    }

    public IReadOnlyCollection<int> Ids => _ids;

    public IReadOnlyDictionary<string, int> Assigned => _assigned;

    public IReadOnlyDictionary<int, string> Pins => _pins;

    /// <summary>The definition has &lt;iothreadids&gt;; without it the numbers follow from the count.</summary>
    public bool NumbersAreWritten { get; }

    /// <exception cref="PracticeException">It cannot be had; all mistakes at once.</exception>
    public static IOThreadPlan Of(DomainView view, Wishes wishes, Action<string> warn)
    {
        var plan = new IOThreadPlan(IOThreadLayout.Of(view.Persistent.Root), view.Persistent.Root.Element("iothreadids") is not null);
        var mistakes = new List<string>();
        plan.Count(wishes.Number("count"), mistakes);
        foreach (var (device, thread) in wishes.Pairs("assign"))
        {
            plan.Assign(device, thread, mistakes);
        }

        foreach (var (thread, cpus) in wishes.Pairs("pin"))
        {
            plan.Pin(thread, cpus, mistakes);
        }

        if (wishes.Switch("auto") is true)
        {
            plan.Complete(view, warn);
        }

        foreach (var (device, thread) in plan._assigned.Where(a => !plan._ids.Contains(a.Value)))
        {
            mistakes.Add($"{device} is given IOThread {thread}, and there would be {(plan._ids.Count == 0 ? "none" : $"only {new NumberSet(plan._ids)}")}; give it another (--assign {device}=N, or none)");
        }

        return mistakes.Count == 0 ? plan : throw PracticeException.Precondition(string.Join("; ", mistakes));
    }

    private void Count(int? count, List<string> mistakes)
    {
        if (count > MaximumCount)
        {
            mistakes.Add($"{count} IOThreads are more than the {MaximumCount} that are taken");
            return;
        }

        while (_ids.Count > count)
        {
            _pins.Remove(_ids.Max);
            _ids.Remove(_ids.Max);
        }

        for (var id = 1; _ids.Count < count; id++)
        {
            _ids.Add(id);
        }
    }

    private void Assign(string device, string thread, List<string> mistakes)
    {
        if (!_now.Devices.Any(d => string.Equals(d.Name, device, StringComparison.Ordinal)))
        {
            var known = string.Join(", ", _now.Devices.Select(static d => d.Name));
            mistakes.Add($"the domain has no '{device}' that an IOThread can serve: those are virtio-blk disks and virtio-scsi controllers{(known.Length == 0 ? ", and it has none" : $", here {known}")}");
        }
        else if (thread is "none")
        {
            _assigned.Remove(device);
        }
        else if (TryNumber(thread) is { } id)
        {
            _assigned[device] = id;
        }
        else
        {
            mistakes.Add($"'{thread}' is no IOThread: they are numbered from 1; or say none");
        }
    }

    private void Pin(string thread, string cpus, List<string> mistakes)
    {
        if (TryNumber(thread) is not { } id || !_ids.Contains(id))
        {
            mistakes.Add($"IOThread {thread} cannot be pinned: there {(_ids.Count == 0 ? "are none" : $"are only {new NumberSet(_ids)}")}");
        }
        else if (cpus is "none")
        {
            _pins.Remove(id);
        }
        else if (LibvirtNumbers.TryParse(cpus) is { } set)
        {
            _pins[id] = set.ToString();
        }
        else
        {
            mistakes.Add($"'{cpus}' is no list of host CPUs such as 0-3,8");
        }
    }

    /// <summary>A thread for each disk, on the CPUs of the domain's NUMA nodes that none of its vCPUs has. What is there already stays.</summary>
    private void Complete(DomainView view, Action<string> warn)
    {
        var used = new HashSet<int>();
        foreach (var device in _now.Devices.Where(static d => d.HasDisks))
        {
            if (_assigned.TryGetValue(device.Name, out var thread) && _ids.Contains(thread) && used.Add(thread))
            {
                continue;
            }

            var free = 1;
            while (used.Contains(free) || _assigned.Any(a => a.Value == free && !string.Equals(a.Key, device.Name, StringComparison.Ordinal)))
            {
                free++;
            }

            used.Add(free);
            _ids.Add(free);
            _assigned[device.Name] = free;
        }

        // Without ids in the definition the numbers are those up to the count.
        for (var id = 1; !NumbersAreWritten && _ids.Count > 0 && id < _ids.Max; id++)
        {
            _ids.Add(id);
        }

        if (CpusForThreads(view, warn) is { } cpus)
        {
            foreach (var id in _ids)
            {
                _pins[id] = cpus.ToString();
            }
        }
    }

    /// <returns>Null where no host CPU is left for them.</returns>
    public static NumberSet? CpusForThreads(DomainView view, Action<string> warn)
    {
        var domain = view.Persistent.Root;
        var vcpus = VcpuPins.CpusOf(domain);
        if (vcpus.IsEmpty)
        {
            warn("the IOThreads are not pinned: the vCPUs are not, so no host CPU is outside theirs");
            return null;
        }

        var nodes = view.Facts.Nodes(view.Host);
        var wanted = LibvirtNumbers.TryParse((string?)domain.Element("numatune")?.Element("memory")?.Attribute("nodeset"));
        var ofNodes = nodes.Where(n => wanted?.Contains(n.Key) ?? n.Value.Overlaps(vcpus)).Select(static n => n.Value).Aggregate(NumberSet.Empty, static (a, b) => a.Union(b));
        var left = ofNodes.Except(vcpus);
        if (left.IsEmpty)
        {
            warn($"the IOThreads are not pinned: the vCPUs have all host CPUs of their NUMA node{(wanted is null ? "" : $" {wanted}")} ({vcpus})");
            return null;
        }

        return left;
    }

    private static int? TryNumber(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= 65535 ? number : null;
}
