using GuestTune.Controller.Check;
using GuestTune.Controller.Cli;
using GuestTune.Controller.DomainXml;
using GuestTune.Controller.DomainXml.DedicatedHint;
using GuestTune.Controller.HostPractices;
using GuestTune.Controller.LibvirtAuth;
using GuestTune.Controller.Practices;
using GuestTune.Practice.V1;
using GuestTune.Practices.Values;

namespace GuestTune.HostController.Tests.Check;

public sealed class CheckRulesTests
{
    [Fact]
    public void All_Practices_HaveOneRuleEach()
    {
        string[] known =
        [
            .. HostPracticeCatalog.Shown.Select(static p => "Host " + p.Id),
            "Host " + LibvirtAuthPractice.PracticeId,
            .. DomainPracticeCatalog.All.Select(static p => "Domain " + p.Id),
            .. PracticeCatalog.All.Select(static p => "Guest " + p.Id),
        ];

        Assert.Equal(known.Order(StringComparer.Ordinal), CheckRules.All.Select(static r => $"{r.Place} {r.Practice}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Judge_EveryVerdict_NamesACommandThatThereIs()
    {
        using var interrupt = new Interrupt();
        var commands = CommandTree.Build(new Terminal { Out = TextWriter.Null, Error = TextWriter.Null }, interrupt);
        var fixes =
            from rule in CheckRules.All
            from intent in Enum.GetValues<CheckIntent>()
            from verdict in new[] { Verdict.Absent, Verdict.Configured, Verdict.Effective, Verdict.Drifted, Verdict.Failed, Verdict.Pending }
            let name = rule.Place == CheckPlace.Host ? "" : "vm1"
            from finding in CheckRules.Judge(rule.Place, name, [new Observation { Practice = rule.Practice, Verdict = verdict, Reason = "why" }], intent)
            where finding.Fix.StartsWith("guesttune ", StringComparison.Ordinal)
            select finding.Fix;

        Assert.All(fixes.Append("guesttune vm set iothreads vm1 --pin 1=none --pin 2=none").Distinct(StringComparer.Ordinal), fix => Assert.Equal("", string.Join("; ", commands.Parse(fix.Split(' ')[1..]).Errors.Select(static e => $"{e.Message}"))));
    }

    [Theory]
    [InlineData("Guest", "guest-idle-haltpoll", Verdict.Effective, true, false)]
    [InlineData("Guest", "guest-idle-haltpoll", Verdict.Configured, false, true)]
    [InlineData("Guest", "guest-idle-haltpoll", Verdict.NotApplicable, true, true)]
    [InlineData("Guest", "pv-qspinlock", Verdict.Effective, false, true)]
    [InlineData("Guest", "pv-qspinlock", Verdict.Absent, true, false)]
    [InlineData("Guest", "qemu-ga-blocklist", Verdict.Absent, true, true)]
    [InlineData("Guest", "qemu-ga-blocklist", Verdict.Failed, false, false)]
    [InlineData("Guest", "of-a-newer-agent", Verdict.Pending, false, false)]
    [InlineData("Domain", "dedicated-hint", Verdict.Effective, true, false)]
    [InlineData("Domain", "iothreads", Verdict.Configured, true, true)]
    [InlineData("Domain", "svirt", Verdict.Failed, false, false)]
    [InlineData("Host", "halt-polling", Verdict.Absent, false, true)]
    [InlineData("Host", "kworker-isolation", Verdict.Drifted, false, false)]
    [InlineData("Host", "libvirt-auth", Verdict.Absent, true, true)]
    public void Judge_Verdict_DependsOnTheIntent(string where, string practice, Verdict verdict, bool dedicated, bool overcommit)
    {
        var place = Enum.Parse<CheckPlace>(where);
        Observation[] observations = [new() { Practice = practice, Verdict = verdict }];

        Assert.Equal(dedicated, CheckRules.Judge(place, "vm1", observations, CheckIntent.Dedicated).Single().IsExpected);
        Assert.Equal(overcommit, CheckRules.Judge(place, "vm1", observations, CheckIntent.Overcommit).Single().IsExpected);
    }

    [Fact]
    public void Judge_NameThatAShellWouldRun_IsQuotedInTheCommand()
    {
        Observation[] observations = [new() { Practice = "agent-channel", Verdict = Verdict.Absent }];

        Assert.Equal("guesttune vm set agent-channel 'a; b'\\''c' --enabled true", CheckRules.Judge(CheckPlace.Domain, "a; b'c", observations, CheckIntent.Dedicated).Single().Fix);
    }

    [Fact]
    public void Judge_StaticPages_MakeTransparentOnesPointless()
    {
        Observation[] observations = [new() { Practice = "static-hugepages", Verdict = Verdict.Effective }, new() { Practice = "transparent-hugepages", Verdict = Verdict.Absent }];

        Assert.All(CheckRules.Judge(CheckPlace.Host, "", observations, CheckIntent.Dedicated), f => Assert.True(f.IsExpected));
        Assert.False(CheckRules.Judge(CheckPlace.Host, "", observations[1..], CheckIntent.Dedicated).Single().IsExpected);
    }

    [Theory]
    [InlineData("Guest", "guest-idle-haltpoll", "poll-control=N", "and so does the host for it", "guesttune vm set dedicated-hint vm1 --poll-control true")]
    [InlineData("Guest", "guest-idle-haltpoll", "poll-control=Y", null, "")]
    [InlineData("Domain", "dedicated-hint", "host CPUs of vCPUs=2-3;host CPUs of kworkers=0-5", "kworkers may run on host CPUs 2-3", "guesttune host set kworker-isolation --cpus 33 --persist")]
    [InlineData("Domain", "dedicated-hint", "host CPUs of vCPUs=2-3;host CPUs of kworkers=2", "kworkers may run on host CPUs 2,", "guesttune host get kworker-isolation")]
    [InlineData("Domain", "dedicated-hint", "host CPUs of vCPUs=2-3;host CPUs of kworkers=0-1", null, "")]
    [InlineData("Domain", "dedicated-hint", "host CPUs of vCPUs=2-3", null, "")]
    [InlineData("Domain", "iothreads", "shared host CPUs=IOThread 1 runs on host CPUs 1", "IOThread 1 runs", "guesttune vm set iothreads vm1 --auto true")]
    [InlineData("Domain", "iothreads", "shared host CPUs=IOThread 1 runs on host CPUs 1;IOThreads without host CPUs outside the vCPUs'=1-2", "IOThread 1 runs", "guesttune vm set iothreads vm1 --pin 1=none --pin 2=none")]
    public void Judge_PracticesInOneAnothersWay_AreWrongForDedicatedCpusOnly(string where, string practice, string facts, string? reason, string fix)
    {
        var observation = new Observation { Practice = practice, Verdict = Verdict.Effective };
        observation.Facts.AddRange(facts.Split(';').Select(static f => f.Split('=')).Select(static f => new Fact { Name = f[0], Value = f[1] }));

        var finding = CheckRules.Judge(Enum.Parse<CheckPlace>(where), "vm1", [observation], CheckIntent.Dedicated).Single();

        Assert.Equal((reason is null, fix), (finding.IsExpected, finding.Fix));
        Assert.Contains(reason ?? "", finding.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain(CheckRules.Judge(Enum.Parse<CheckPlace>(where), "vm1", [observation], CheckIntent.Overcommit), f => reason is not null && f.Reason.Contains(reason, StringComparison.Ordinal));
    }

    [Fact]
    public void Judge_HintWhosePromiseIsNotKept_IsNotMendedByTheHint()
    {
        Observation[] observations = [new() { Practice = DedicatedHintPractice.PracticeId, Verdict = Verdict.Failed }];

        Assert.Equal("pin each vCPU of vm1 to host CPUs that no other vCPU has: virsh vcpupin vm1 VCPU CPUS --live --config", CheckRules.Judge(CheckPlace.Domain, "vm1", observations, CheckIntent.Dedicated).Single().Fix);
        Assert.Equal("guesttune vm set dedicated-hint vm1 --enabled false", CheckRules.Judge(CheckPlace.Domain, "vm1", observations, CheckIntent.Overcommit).Single().Fix);
    }

    [Fact]
    public void Judge_KworkersOnTheCpusOfTwoDomains_AreKeptOffBothByOneCommand()
    {
        Observation[] before = [Hint("2-3", "0-7"), Hint("4-5", "0-7")];
        var dedicated = CheckConflicts.DedicatedCpus(before);

        var fixes = before.Select((o, i) => CheckRules.Judge(CheckPlace.Domain, $"vm{i}", [o], CheckIntent.Dedicated, dedicated).Single().Fix);

        Assert.Equal("guesttune host set kworker-isolation --cpus c3 --persist", Assert.Single(fixes.Distinct()));
        var after = NumberSet.Parse("c3", out _)!.ToString();
        Assert.All(["2-3", "4-5"], cpus => Assert.Null(CheckConflicts.Find(CheckPlace.Domain, "vm", Hint(cpus, after), dedicated)));

        static Observation Hint(string vcpus, string kworkers) => new()
        {
            Practice = DedicatedHintPractice.PracticeId,
            Verdict = Verdict.Effective,
            Facts = { new Fact { Name = DedicatedHintPractice.VcpuCpus, Value = vcpus }, new Fact { Name = DedicatedHintPractice.KworkerCpus, Value = kworkers } },
        };
    }
}
