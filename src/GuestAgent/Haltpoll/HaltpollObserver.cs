using GuestTune.Agent.BootLoader;
using GuestTune.Agent.Kernel;
using GuestTune.Practices;
using GuestTune.Practices.Files;
using GuestTune.Practices.Tmpfiles;

namespace GuestTune.Agent.Haltpoll;

/// <summary>Reads everything about haltpoll and has it summed up in a verdict.</summary>
internal sealed class HaltpollObserver(RootedFileSystem files, KernelIdentity kernel, HaltpollDriver driver, IBootArguments boot, IKernelLog log)
{
    public Observation Observe(PracticeSupport support, IReadOnlyList<OwnedValue> owned)
    {
        var facts = new List<Fact>(32);
        var next = boot.ReadNextBoot();
        var commandLine = KernelCommandLine.Read(files);
        var values = ReadValues(support, next, facts);
        var idling = driver.Read(commandLine, facts);
        var switches = HaltpollForce.Arguments(kernel).Select(key => ArgumentAcrossBoots.Read(files, next, key)).ToArray();
        foreach (var argument in switches)
        {
            facts.Add(argument.NextFact());
        }

        var (verdict, reason) = support.Supported
            ? new HaltpollVerdict(files, log, values, switches, owned).Judge(driver.WhyNotInForce(idling, commandLine), facts)
            : (Verdict.NotApplicable, support.Reason!);
        return new Observation(HaltpollPractice.PracticeId, verdict, reason, facts);
    }

    private HaltpollValues[] ReadValues(PracticeSupport support, NextBoot next, List<Fact> facts)
    {
        var persistent = TmpfilesConfiguration.Load(files, HaltpollParameter.Directory);
        var all = HaltpollParameter.All;
        var values = new HaltpollValues[all.Count];
        for (var i = 0; i < values.Length; i++)
        {
            var parameter = all[i];
            var reading = files.ReadText(parameter.Path);
            var problem = reading.IsMissing && support.Supported ? $"not applicable: kernel {kernel.Release} has no such parameter" : reading.Problem;
            facts.Add(new Fact(parameter.Name, Scope.InForce, reading.Value, parameter.Path, problem));
            values[i] = new HaltpollValues(parameter, reading, persistent.Find(parameter.Path), ArgumentAcrossBoots.Read(files, next, parameter.BootArgument));
        }

        foreach (var value in values)
        {
            AddPersistent(value, facts);
        }

        return values;
    }

    private static void AddPersistent(HaltpollValues value, List<Fact> facts)
    {
        var name = value.Parameter.Name;
        var argument = value.Argument;
        if (value.Line is { } line)
        {
            facts.Add(new Fact(name, Scope.Persistent, line.Value, line.Configuration));
        }

        if (argument.Next is not null)
        {
            facts.Add(new Fact(name, Scope.Persistent, argument.Next, $"{argument.NextSource} {argument.Key}"));
        }
        else if (value.Line is null)
        {
            facts.Add(new Fact(name, Scope.Persistent, null, HaltpollPractice.Configuration, "not set"));
        }

        if (argument.Now is not null)
        {
            // Where the next boot's line cannot be read, this one's is the best that is known of it.
            var scope = argument.NextProblem is null ? Scope.Context : Scope.Persistent;
            facts.Add(new Fact(name, scope, argument.Now, $"{KernelCommandLine.Source} {argument.Key}"));
        }
    }
}
