using System.Xml.Linq;
using GuestTune.Controller.DomainXml.IOThreads;
using GuestTune.Practices;

namespace GuestTune.HostController.Tests.Domains;

/// <summary>libvirt goes away over a change, having made it or not, and comes back at once or later; a new fixture call is another process.</summary>
public sealed class LostConnectionTests : IDisposable
{
    private const string Domain = """
        <domain type='kvm' id='3'>
          <name>vm1</name>
          <memory unit='KiB'>1048576</memory>
          <devices><graphics type='vnc' passwd='secret'/></devices>
        </domain>
        """;

    private static readonly (string, string)[] Wish = [("count", "1"), ("pin", "1=2")];

    private readonly DomainFixture _fixture = new(Domain, Domain);

    public void Dispose() => _fixture.Dispose();

    // The definition, then a thread in the running domain, then its pin.
    public static TheoryData<int> Changes => [0, 1, 2];

    /// <summary>The pin of a thread that is gone stays in the running domain, and means nothing.</summary>
    private string Running => string.Join(' ', IOThreadLayout.Of(XElement.Parse(_fixture.Domain.Live!)).Ids);

    [Theory]
    [MemberData(nameof(Changes))]
    public void Apply_LostAfterTheChange_GoesOnAndIsDone(int change)
    {
        var (before, runningBefore) = (_fixture.Canonical, Running);
        Lose(change, isMade: true);

        var operation = _fixture.Apply("o1", "iothreads", Wish).Operation;

        Assert.True(operation.State == OperationState.Done, operation.Error);
        Assert.All(operation.Outcomes, static o => Assert.Equal(ChangeState.Verified, o.State));
        Assert.Equal(1, _fixture.Domain.DefineCount);
        Assert.Equal(OperationState.Unchanged, _fixture.Apply("o2", "iothreads", Wish).Operation.State);
        Lose(change, isMade: true);
        var undone = _fixture.Undo("u1").Operation;
        Assert.True(undone.State == OperationState.Done, undone.Error);
        Assert.Equal((before, runningBefore), (_fixture.Canonical, Running));
    }

    [Theory]
    [MemberData(nameof(Changes))]
    public void Apply_LostBeforeTheChange_FailsAndNothingIsChanged(int change)
    {
        var (before, runningBefore) = (_fixture.Canonical, Running);
        Lose(change, isMade: false);

        var operation = _fixture.Apply("o1", "iothreads", Wish).Operation;

        Assert.Equal(OperationState.Failed, operation.State);
        Assert.Matches("^(xml|live):.*: libvirt went away before it said whether it (took the definition|did it); it was not changed$", operation.Error);
        Assert.Equal((before, runningBefore), (_fixture.Canonical, Running));
        Assert.Contains("there is no operation that can be undone", Assert.Throws<PracticeException>(() => _fixture.Undo("u1")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Apply_SomebodyElseRedefinesMeanwhile_FailsAndLeavesWhatTheyDid()
    {
        var others = Domain.Replace("<devices>", "<iothreads>4</iothreads><devices>", StringComparison.Ordinal);
        _fixture.Domain.WhenLost = () => _fixture.Domain.Persistent = others;
        Lose(0, isMade: true);

        var operation = _fixture.Apply("o1", "iothreads", Wish).Operation;

        Assert.Equal(OperationState.Failed, operation.State);
        Assert.Contains("it is '4' now, neither what it was nor what it was to be, and is left so", operation.Error, StringComparison.Ordinal);
        Assert.Equal(others, _fixture.Domain.Persistent);
    }

    [Theory]
    [InlineData(0, true, "cut off in the middle: changed: xml:iothreads/text(), xml:cputune/iothreadpin[@iothread='1']/@cpuset; not changed: live:iothread/1, live:iothreadpin/1")]
    [InlineData(0, false, "cut off, and nothing was changed")]
    [InlineData(1, true, "cut off in the middle: changed: xml:iothreads/text(), xml:cputune/iothreadpin[@iothread='1']/@cpuset, live:iothread/1; not changed: live:iothreadpin/1")]
    [InlineData(2, true, null)]
    public void Apply_LibvirtDoesNotComeBack_IsSettledByWhatIsThereLater(int change, bool isMade, string? error)
    {
        var before = _fixture.Canonical;
        Leave(change, isMade);

        var e = Assert.Throws<UncertainWriteException>(() => _fixture.Apply("o1", "iothreads", Wish));

        Assert.StartsWith("what operation o1 changed is not known: libvirt went away", e.Message, StringComparison.Ordinal);
        Assert.EndsWith("cannot be read back: Failed to connect socket", e.Message, StringComparison.Ordinal);
        _fixture.Domain.IsAway = false;
        var settled = Assert.Single(_fixture.History());
        Assert.Equal((error is null ? OperationState.Done : OperationState.Failed, error), (settled.State, settled.Error));
        if (isMade)
        {
            Assert.Equal(OperationState.Done, _fixture.Undo("u1").Operation.State);
        }

        Assert.Equal(before, _fixture.Canonical);
    }

    [Theory]
    [InlineData(0, "cut off, and nothing was changed")]
    [InlineData(1, "cut off in the middle: changed: xml:iothreads/text(), xml:cputune/iothreadpin[@iothread='1']/@cpuset; not changed: live:iothread/1, live:iothreadpin/1")]
    public void Apply_LibvirtIsGoneBetweenTwoChanges_IsSettledByWhatIsThereLater(int change, string error)
    {
        var before = _fixture.Canonical;
        _fixture.Domain.BeforeChange = () => _fixture.Domain.IsAway = change-- == 0;

        Assert.Throws<UncertainWriteException>(() => _fixture.Apply("o1", "iothreads", Wish));

        (_fixture.Domain.BeforeChange, _fixture.Domain.IsAway) = (null, false);
        Assert.Equal((OperationState.Failed, error), (_fixture.History()[0].State, _fixture.History()[0].Error));
        Assert.Equal(error.Contains("changed:", StringComparison.Ordinal), before != _fixture.Canonical);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(1, false)]
    [InlineData(2, true)]
    public void Undo_OfWhatIsNotKnownYet_PutsBackWhatWasChanged(int change, bool isMade)
    {
        _fixture.Apply("o0", "agent-channel", ("enabled", "true"));
        var (before, runningBefore) = (_fixture.Canonical, Running);
        Leave(change, isMade);
        Assert.Throws<UncertainWriteException>(() => _fixture.Apply("o1", "iothreads", Wish));
        _fixture.Domain.IsAway = false;

        var undone = _fixture.Undo("u1").Operation;

        Assert.Equal((OperationState.Done, "o1"), (undone.State, undone.RelatedOperationId));
        Assert.Equal((before, runningBefore), (_fixture.Canonical, Running));
    }

    [Fact]
    public void Undo_LostDefinitionTakesEffectAfterItWasLookedFor_PutsItBack()
    {
        _fixture.Domain.Live = null;
        _fixture.Apply("o0", "agent-channel", ("enabled", "true"));
        var before = _fixture.Canonical;
        CutOff(0, isMade: false);
        Assert.Equal("cut off, and nothing was changed", _fixture.History()[0].Error);
        Assert.Contains("there is nothing to undo", Assert.Throws<PracticeException>(() => _fixture.Undo("u0", "o1")).Message, StringComparison.Ordinal);

        _fixture.Domain.Persistent = _fixture.Domain.LastAsked!;
        var undone = _fixture.Undo("u1").Operation;

        Assert.Equal((OperationState.Done, "o1"), (undone.State, undone.RelatedOperationId));
        Assert.Equal(before, _fixture.Canonical);
        Assert.Equal("o0", _fixture.Undo("u2").Operation.RelatedOperationId);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Undo_LostChangeTakesEffectAfterItsOperationHasFailed_PutsItBack(int change)
    {
        _fixture.Apply("o0", "agent-channel", ("enabled", "true"));
        var (before, runningBefore) = (_fixture.Canonical, Running);
        Lose(change, isMade: false);
        Assert.Equal(OperationState.Failed, _fixture.Apply("o1", "iothreads", Wish).Operation.State);
        if (change == 0)
        {
            _fixture.Domain.Persistent = _fixture.Domain.LastAsked!;
        }
        else
        {
            _fixture.Domain.AddLiveIOThread(1);
        }

        Assert.NotEqual((before, runningBefore), (_fixture.Canonical, Running));
        var undone = _fixture.Undo("u1").Operation;

        Assert.Equal((OperationState.Done, "o1"), (undone.State, undone.RelatedOperationId));
        Assert.Equal((before, runningBefore), (_fixture.Canonical, Running));
        Assert.Equal("o0", _fixture.Undo("u2").Operation.RelatedOperationId);
    }

    [Fact]
    public void Undo_LibvirtDoesNotComeBack_IsSettledAndTheOperationIsUndone()
    {
        var before = _fixture.Canonical;
        _fixture.Domain.Live = null;
        _fixture.Apply("o1", "iothreads", Wish);
        Leave(0, isMade: true);
        Assert.Throws<UncertainWriteException>(() => _fixture.Undo("u1"));
        _fixture.Domain.IsAway = false;

        Assert.Equal([(OperationKind.Undo, OperationState.Done), (OperationKind.Apply, OperationState.Undone)], _fixture.History().Select(static o => (o.Kind, o.State)));
        Assert.Equal(before, _fixture.Canonical);
    }

    [Theory]
    [InlineData(0, false, false)]
    [InlineData(0, true, false)]
    [InlineData(1, true, false)]
    [InlineData(2, true, false)]
    [InlineData(2, true, true)]
    public void Apply_OfAnOperationThatIsNotKnownYet_DoesWhatIsLeft(int change, bool isMade, bool isStartedAnew)
    {
        CutOff(change, isMade);
        if (isStartedAnew)
        {
            _fixture.Domain.Live = _fixture.Domain.Live!.Replace("id=\"3\"", "id=\"4\"", StringComparison.Ordinal);
        }

        var live = _fixture.Domain.Live;
        var operation = _fixture.Apply("o1", "iothreads", Wish).Operation;

        Assert.True(operation.State == OperationState.Done, operation.Error);
        Assert.All(operation.Outcomes, static o => Assert.Equal(ChangeState.Verified, o.State));
        Assert.Equal(1, _fixture.Domain.DefineCount);
        Assert.True(change < 2 || live == _fixture.Domain.Live);
        Assert.Equal(OperationState.Unchanged, _fixture.Apply("o2", "iothreads", Wish).Operation.State);
    }

    [Fact]
    public void Apply_OfAnOperationThatIsNotKnownYet_LeavesWhatSomebodyElseDidAndDomainsThatAreBusy()
    {
        CutOff(0, isMade: true);
        _fixture.Domain.HasJob = true;
        Assert.Contains("is being migrated", Assert.Throws<PracticeException>(() => _fixture.Apply("o1", "iothreads", Wish)).Message, StringComparison.Ordinal);
        _fixture.Domain.HasJob = false;
        var others = _fixture.Domain.Persistent = Domain.Replace("<devices>", "<iothreads>4</iothreads><devices>", StringComparison.Ordinal);

        Assert.Contains("somebody else has changed what it was to change: xml:iothreads/text() is '4' now", Assert.Throws<PracticeException>(() => _fixture.Apply("o1", "iothreads", Wish)).Message, StringComparison.Ordinal);
        Assert.Equal(others, _fixture.Domain.Persistent);
        Assert.Empty(XElement.Parse(_fixture.Domain.Live!).Elements("iothreadids"));
    }

    [Theory]
    [InlineData("iothreads", "count", "1")]
    [InlineData("agent-channel", "enabled", "true")]
    public void Undo_NotKnownYetAndTheDomainIsOffNow_SameIdPutsBackTheDefinition(string practice, string setting, string value)
    {
        _fixture.Domain.Live = Domain.Replace("<devices>", "<devices><controller type='virtio-serial' index='0'/>", StringComparison.Ordinal);
        var before = _fixture.Canonical;
        var applied = _fixture.Apply("o1", practice, (setting, value));
        Assert.Contains(applied.Operation.Outcomes, static o => o.Change.Item.StartsWith("live:", StringComparison.Ordinal));
        Leave(0, isMade: false);
        Assert.Throws<UncertainWriteException>(() => _fixture.Undo("u1"));
        _fixture.Domain.IsAway = false;
        _fixture.Domain.Live = null;

        var undone = _fixture.Undo("u1").Operation;

        Assert.True(undone.State == OperationState.Done, undone.Error);
        Assert.Equal(before, _fixture.Canonical);
    }

    [Fact]
    public void History_DomainStartedAnewMeanwhile_HoldsTheDefinitionOnlyAgainstThePlan()
    {
        Leave(1, isMade: false);
        Assert.Throws<UncertainWriteException>(() => _fixture.Apply("o1", "iothreads", Wish));
        _fixture.Domain.IsAway = false;
        _fixture.Domain.Live = _fixture.Domain.Persistent.Replace("id=\"3\"", "id=\"4\"", StringComparison.Ordinal);

        Assert.Equal((OperationState.Done, null), (_fixture.History()[0].State, _fixture.History()[0].Error));
    }

    private void CutOff(int change, bool isMade)
    {
        Leave(change, isMade);
        Assert.Throws<UncertainWriteException>(() => _fixture.Apply("o1", "iothreads", Wish));
        _fixture.Domain.IsAway = false;
    }

    private void Lose(int change, bool isMade) => (_fixture.Domain.ChangesUntilLost, _fixture.Domain.IsLostAfterwards) = (change, isMade);

    private void Leave(int change, bool isMade)
    {
        _fixture.Domain.WhenLost = () => _fixture.Domain.IsAway = true;
        Lose(change, isMade);
    }
}
