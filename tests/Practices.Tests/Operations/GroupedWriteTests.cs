namespace GuestTune.Practices.Tests.Operations;

public sealed class GroupedWriteTests : IDisposable
{
    private readonly EngineFixture _fixture = new();
    private readonly SharedWriter _writer;

    public GroupedWriteTests()
    {
        _writer = new SharedWriter(Practice);
        foreach (var item in new[] { "b", "c", "d" })
        {
            Practice.Writers[item] = _writer;
        }
    }

    private MemoryPractice Practice => _fixture.Practice;

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Apply_NeighboursWithOneWriter_AreWrittenTogetherAndEachReadBack()
    {
        var answer = await _fixture.Apply("op-1", ("a", "1"), ("b", "2"), ("c", "3"), ("e", "4"));

        Assert.Equal(OperationState.Done, answer.Operation.State);
        Assert.Equal(["b=2 c=3"], _writer.Groups);
        Assert.Equal(["a=1", "e=4"], Practice.Writes);
        Assert.Equal(["1", "2", "3", "4"], answer.Operation.Outcomes.Select(o => o.ReadBack));
    }

    [Fact]
    public async Task Apply_OtherWritersBetween_AreNotMixed()
    {
        var other = new SharedWriter(Practice);
        Practice.Writers["c"] = other;

        await _fixture.Apply("op-1", ("b", "2"), ("c", "3"), ("d", "4"));

        Assert.Equal(["b=2", "d=4"], _writer.Groups);
        Assert.Equal(["c=3"], other.Groups);
    }

    [Fact]
    public async Task Apply_WriterFails_FirstFailsOthersAreSkippedAndEarlierOnesPutBack()
    {
        Practice.Values["a"] = "0";
        _writer.BeforeWrite = () => throw new IOException("/boot is full");

        var answer = await _fixture.Apply("op-1", ("a", "1"), ("b", "2"), ("c", "3"), ("e", "4"));

        Assert.Equal(OperationState.Failed, answer.Operation.State);
        Assert.Equal("b: /boot is full", answer.Operation.Error);
        Assert.Equal([ChangeState.Reverted, ChangeState.Failed, ChangeState.Skipped, ChangeState.Skipped], answer.Operation.Outcomes.Select(o => o.State));
        Assert.Equal("0", Practice.Values["a"]);
        Assert.False(Practice.Values.ContainsKey("b"));
    }

    [Fact]
    public async Task Apply_OneOfTheGroupReadsBackDifferently_WholeGroupIsPutBackTogether()
    {
        Practice.Values["c"] = "0";
        Practice.Deaf.Add("c");

        var answer = await _fixture.Apply("op-1", ("b", "2"), ("c", "3"), ("d", "4"));

        Assert.Equal([ChangeState.Reverted, ChangeState.Failed, ChangeState.Reverted], answer.Operation.Outcomes.Select(o => o.State));
        Assert.Equal(["b=2 c=3 d=4", "d= b="], _writer.Groups);
        Assert.Equal(["c"], Practice.Values.Keys);
    }

    [Fact]
    public async Task Apply_LaterChangeFailsAndGroupCannotBePutBack_SaysSoForEach()
    {
        Practice.BeforeWrite = (_, _) =>
        {
            _writer.BeforeWrite = () => throw new IOException("/boot is read-only");
            throw new IOException("no");
        };

        var answer = await _fixture.Apply("op-1", ("b", "2"), ("c", "3"), ("e", "4"));

        Assert.Equal([ChangeState.Verified, ChangeState.Verified, ChangeState.Failed], answer.Operation.Outcomes.Select(o => o.State));
        Assert.Equal("e: no; and c could not be put back: /boot is read-only; and b could not be put back: /boot is read-only", answer.Operation.Error);
        Assert.All(answer.Operation.Outcomes.Take(2), o => Assert.Equal("could not be put back: /boot is read-only", o.Error));
    }

    [Fact]
    public async Task Apply_MemberOfTheGroupIsUnknown_IsNoReasonToStopBeforeIt()
    {
        Practice.Forgotten.Add("d");

        var answer = await _fixture.Apply("op-1", ("b", "2"), ("c", "3"), ("d", "4"));

        Assert.Equal([ChangeState.Reverted, ChangeState.Reverted, ChangeState.Failed], answer.Operation.Outcomes.Select(o => o.State));
        Assert.Equal(["b=2 c=3", "c= b="], _writer.Groups);
    }

    [Fact]
    public async Task Undo_Group_IsWrittenTogether()
    {
        Practice.Values["b"] = "1";
        await _fixture.Apply("op-1", ("b", "2"), ("c", "3"));

        var answer = await _fixture.Undo("op-2");

        Assert.Equal(["b=2 c=3", "c= b=1"], _writer.Groups);
        Assert.All(answer.Operation.Outcomes, o => Assert.Equal(ChangeState.Reverted, o.State));
        Assert.Equal("1", Practice.Values["b"]);
    }

    [Fact]
    public void Plan_Group_ShowsTheFilesOfItsWriterAndChangesNothing()
    {
        var plan = _fixture.Engine.Plan(EngineFixture.Desire(("a", "1"), ("b", "2"), ("c", "3")));

        Assert.Equal([new FileEdit("/memory", string.Empty, "b=2 c=3")], plan.Files);
        Assert.Empty(Practice.Values);
    }

    [Fact]
    public void Plan_WriterCannotTellItsFiles_WarnsAndStillPlans()
    {
        _writer.BeforeWrite = () => throw new IOException("/etc/default/grub cannot be parsed");

        var plan = _fixture.Engine.Plan(EngineFixture.Desire(("b", "2")));

        Assert.Single(plan.Changes);
        Assert.Contains("/etc/default/grub cannot be parsed", Assert.Single(plan.Warnings), StringComparison.Ordinal);
    }
}
