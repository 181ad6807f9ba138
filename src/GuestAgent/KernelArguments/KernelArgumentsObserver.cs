using GuestTune.Agent.BootLoader;
using GuestTune.Agent.Kernel;
using GuestTune.Practices;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.KernelArguments;

/// <summary>Follows each argument from the boot loader's files through /proc/cmdline to what the kernel made of it.</summary>
internal sealed class KernelArgumentsObserver(RootedFileSystem files, BootArguments arguments, IKernelLog kernelLog)
{
    public Observation Observe(IReadOnlyList<OwnedValue> owned)
    {
        var facts = new List<Fact>();
        var next = arguments.ReadNextBoot();
        AddSurroundings(next, facts);
        var (verdict, reason) = Judge([.. owned.Where(static o => o.Value is not null && o.Item.StartsWith(BootArguments.ItemPrefix, StringComparison.Ordinal))], next, facts);
        return new Observation(KernelArgumentsPractice.PracticeId, verdict, reason, facts);
    }

    private void AddSurroundings(NextBoot next, List<Fact> facts)
    {
        var support = arguments.CheckSupport();
        facts.Add(new Fact("boot-loader", Scope.Context, support.BootLoader, "found by its files", support.Warnings.Count == 0 ? null : string.Join("; ", support.Warnings)));
        var running = files.ReadText(KernelCommandLine.Source);
        facts.Add(new Fact("command-line", Scope.InForce, running.Value, KernelCommandLine.Source, running.Problem));
        if (next.Default is { } entry)
        {
            facts.Add(new Fact("default-entry", Scope.Persistent, entry.Title, entry.Source));
        }

        if (next.Once is { } once)
        {
            facts.Add(new Fact("next-entry-once", Scope.Persistent, once.Title, once.Source));
        }

        foreach (var other in next.Entries)
        {
            if (!other.IsRecovery)
            {
                facts.Add(new Fact($"command-line of {other.Release}", Scope.Persistent, other.CommandLine, $"{other.Source} ({other.Title})"));
            }
        }
    }

    private (Verdict Verdict, string Reason) Judge(List<OwnedValue> owned, NextBoot next, List<Fact> facts)
    {
        if (next.Default is not { } entry)
        {
            return (owned.Count == 0 ? Verdict.NotApplicable : Verdict.Failed, next.Problem!);
        }

        if (owned.Count == 0)
        {
            return (Verdict.Absent, "no argument was set by this practice");
        }

        var running = KernelCommandLine.Read(files);
        var log = new Lazy<KernelMessages>(kernelLog.Read);
        var judged = owned.ConvertAll(o => Judge(o, o.Item[BootArguments.ItemPrefix.Length..], entry, running, log, facts));

        // The one that needs looking at most decides, and all of its kind are told.
        var worst = judged.MaxBy(static j => Array.IndexOf(Order, j.Verdict)).Verdict;
        return (worst, string.Join("; ", judged.Where(j => j.Verdict == worst).Select(static j => j.Reason)));
    }

    private static readonly Verdict[] Order = [Verdict.Effective, Verdict.Configured, Verdict.Pending, Verdict.Drifted];

    private (Verdict Verdict, string Reason) Judge(
        OwnedValue owned, string key, BootEntry entry, KernelCommandLine running, Lazy<KernelMessages> log, List<Fact> facts)
    {
        var persistent = ArgumentLine.Find(entry.CommandLine, key);
        var argument = running.FindArgument(key);
        var now = argument is null ? null : argument.Value ?? string.Empty;
        facts.Add(new Fact(key, Scope.Persistent, persistent, entry.Source, persistent is null ? "not given" : null));
        facts.Add(new Fact(key, Scope.InForce, now, KernelCommandLine.Source, now is null ? "not given" : null));
        if (!string.Equals(persistent, owned.Value, StringComparison.Ordinal))
        {
            return (Verdict.Drifted, $"{key} was set to {Show(owned.Value)} by operation {owned.OperationId} and will be {Show(persistent)} at the next boot ({entry.Source})");
        }

        if (!string.Equals(now, owned.Value, StringComparison.Ordinal))
        {
            return (Verdict.Pending, $"after the guest's reboot: {key} is {Show(now)} now and will be {Show(persistent)}");
        }

        if (KernelRefusal.Find(log.Value, key) is { } refusal)
        {
            facts.Add(new Fact(key, Scope.Context, refusal, log.Value.Source));
            return (Verdict.Configured, $"not effective: the kernel said: {refusal}");
        }

        return JudgeParameter(key, now!, log, facts);
    }

    /// <summary>Where the argument is a parameter that the kernel shows, its value is the proof.</summary>
    private (Verdict Verdict, string Reason) JudgeParameter(string key, string value, Lazy<KernelMessages> log, List<Fact> facts)
    {
        var path = ParameterPath(key);
        var reading = files.ReadText(path);
        if (!reading.IsMissing)
        {
            facts.Add(new Fact(key, Scope.InForce, reading.Value, path, reading.Problem));
        }

        if (reading.Value is { } shown)
        {
            return ParameterValue.IsSame(value, shown)
                ? (Verdict.Effective, $"{path} is {shown}")
                : (Verdict.Configured, $"not effective: {key} was given as {Show(value)}, and {path} is '{shown}'");
        }

        return (Verdict.Configured, $"the kernel took {key}; whether it has an effect cannot be seen{(log.Value.IsWhole ? string.Empty : $" ({log.Value.Problem})")}");
    }

    /// <summary>M.P is parameter P of module M; those of the kernel's own core are shown under the name of kernel (kernel/params.c, core_param).</summary>
    private static string ParameterPath(string key)
    {
        var name = key.Replace('-', '_');
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && dot < name.Length - 1 ? $"/sys/module/{name[..dot]}/parameters/{name[(dot + 1)..]}" : $"/sys/module/kernel/parameters/{name}";
    }

    private static string Show(string? value) => value switch { null => "absent", "" => "given without a value", _ => $"'{value}'" };
}
