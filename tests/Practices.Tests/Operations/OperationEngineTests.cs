using GuestTune.Testing;

namespace GuestTune.Practices.Tests.Operations;

public sealed class OperationEngineTests : IDisposable
{
    private readonly EngineFixture _fixture = new();

    private MemoryPractice Practice => _fixture.Practice;

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Apply_NewValues_AreWrittenVerifiedAndRecorded()
    {
        Practice.Values["a"] = "1";

        var answer = await _fixture.Apply("op-1", ("a", "2"), ("b", "3"));

        Assert.False(answer.Repeated);
        Assert.Equal(OperationState.Done, answer.Operation.State);
        Assert.Equal([("a", "1", "2"), ("b", null, "3")], answer.Operation.Outcomes.Select(o => (o.Change.Item, o.Change.Before, o.Change.After)));
        Assert.All(answer.Operation.Outcomes, o => Assert.Equal((ChangeState.Verified, o.Change.After), (o.State, o.ReadBack)));
        Assert.Equal("2", Practice.Values["a"]);
    }

    [Fact]
    public async Task Apply_JournalIsOnDiskBeforeTheFirstWrite()
    {
        string? atFirstWrite = null;
        Practice.BeforeWrite = (_, _) => atFirstWrite ??= File.ReadAllText(_fixture.JournalPath);

        await _fixture.Apply("op-1", ("a", "2"));

        Assert.Contains("\"op-1\"", atFirstWrite, StringComparison.Ordinal);
        Assert.Contains("begun", atFirstWrite, StringComparison.Ordinal);
        Assert.DoesNotContain("ended", atFirstWrite, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_SameIdAndRequest_GivesFirstAnswerAndChangesNothing()
    {
        await _fixture.Apply("op-1", ("a", "2"));
        Practice.Values["a"] = "someone";
        _fixture.Restart();

        var answer = await _fixture.Apply("op-1", ("a", "2"));

        Assert.True(answer.Repeated);
        Assert.Equal(OperationState.Done, answer.Operation.State);
        Assert.Equal("someone", Practice.Values["a"]);
    }

    [Theory]
    [InlineData("a", "3")]
    [InlineData("b", "2")]
    public async Task Apply_SameIdOtherRequest_AlreadyExists(string name, string value)
    {
        await _fixture.Apply("op-1", ("a", "2"));

        var e = await Assert.ThrowsAsync<PracticeException>(() => _fixture.Apply("op-1", (name, value)));

        Assert.Equal(PracticeError.AlreadyExists, e.Error);
        Assert.Equal("2", Practice.Values["a"]);
    }

    [Fact]
    public async Task Apply_SameIdNowForced_AlreadyExists()
    {
        await _fixture.Apply("op-1", ("a", "2"));

        var e = await Assert.ThrowsAsync<PracticeException>(async () => await _fixture.Engine.ApplyAsync("op-1", EngineFixture.Desire(("a", "2")) with { Force = true }));

        Assert.Equal(PracticeError.AlreadyExists, e.Error);
    }

    [Fact]
    public async Task ApplyAndUndo_HarmfulValue_AreRefusedUnlessForced()
    {
        Practice.Values["a"] = "1";
        Practice.Harmful.UnionWith(["1", "2"]);
        var desired = EngineFixture.Desire(("a", "2"));

        Assert.Throws<PracticeException>(() => _fixture.Engine.Plan(desired));
        await Assert.ThrowsAsync<PracticeException>(async () => await _fixture.Engine.ApplyAsync("op-1", desired));
        Assert.Equal("1", Practice.Values["a"]);
        Assert.Equal(["harmful"], _fixture.Engine.Plan(desired with { Force = true }).Warnings);
        await _fixture.Engine.ApplyAsync("op-2", desired with { Force = true });
        Assert.Equal("2", Practice.Values["a"]);

        await Assert.ThrowsAsync<PracticeException>(() => _fixture.Undo("undo-1"));
        Assert.Equal("2", Practice.Values["a"]);
        await _fixture.Undo("undo-2", force: true);
        Assert.Equal("1", Practice.Values["a"]);
    }

    [Fact]
    public async Task PlanAndApply_ChangeLastsAndThatIsRefused_AreDeniedAndUndoIsNot()
    {
        var lasting = EngineFixture.Desire(("a", "2")) with { Persist = true };
        await _fixture.Engine.ApplyAsync("op-1", lasting);
        _fixture.LastingRefusal = "not here";
        lasting = EngineFixture.Desire(("a", "3")) with { Persist = true };

        Assert.Equal(PracticeError.PermissionDenied, Assert.Throws<PracticeException>(() => _fixture.Engine.Plan(lasting)).Error);
        Assert.Equal("not here", (await Assert.ThrowsAsync<PracticeException>(async () => await _fixture.Engine.ApplyAsync("op-2", lasting))).Message);
        Assert.Equal("2", Practice.Values["a"]);
        await _fixture.Apply("op-3", ("b", "1"));
        await _fixture.Undo("undo-1", "op-1");
        Assert.False(Practice.Values.ContainsKey("a"));
    }

    [Fact]
    public async Task Apply_EverythingAsDesired_IsUnchangedAndStillRemembered()
    {
        Practice.Values["a"] = "2";

        var answer = await _fixture.Apply("op-1", ("a", "2"));
        Practice.Values["a"] = "5";
        var again = await _fixture.Apply("op-1", ("a", "2"));

        Assert.Equal(OperationState.Unchanged, answer.Operation.State);
        Assert.True(again.Repeated);
        Assert.Empty(Practice.Writes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("has blank")]
    [InlineData("../up")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123456789")]
    public async Task Apply_BadId_IsInvalid(string id)
    {
        var e = await Assert.ThrowsAsync<PracticeException>(() => _fixture.Apply(id, ("a", "2")));

        Assert.Equal(PracticeError.InvalidArgument, e.Error);
        Assert.Contains("operation_id", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_UnknownPractice_NotFoundNamesTheKnown()
    {
        var e = await Assert.ThrowsAsync<PracticeException>(
            async () => await _fixture.Engine.ApplyAsync("op-1", new Desired("nope", new Dictionary<string, string>(StringComparer.Ordinal), false)));

        Assert.Equal(PracticeError.NotFound, e.Error);
        Assert.Contains("memory", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_LaterItemFails_EarlierOnesArePutBack()
    {
        Practice.Values["a"] = "1";
        Practice.BeforeWrite = (item, _) =>
        {
            if (item is "b")
            {
                throw new IOException("the kernel said no");
            }
        };

        var answer = await _fixture.Apply("op-1", ("a", "2"), ("b", "2"), ("c", "2"));

        Assert.Equal(OperationState.Failed, answer.Operation.State);
        Assert.Equal([ChangeState.Reverted, ChangeState.Failed, ChangeState.Skipped], answer.Operation.Outcomes.Select(o => o.State));
        Assert.Contains("b: the kernel said no", answer.Operation.Error, StringComparison.Ordinal);
        Assert.Equal("1", Practice.Values["a"]);
        Assert.False(Practice.Values.ContainsKey("c"));
    }

    [Fact]
    public async Task Apply_ReadBackDiffers_Fails()
    {
        Practice.Values["a"] = "1";
        Practice.Deaf.Add("a");

        var answer = await _fixture.Apply("op-1", ("a", "2"));

        Assert.Equal(OperationState.Failed, answer.Operation.State);
        Assert.Contains("'2' was written without an error, but '1' was read back", answer.Operation.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_PuttingBackFailsToo_SaysSoAndCanBeUndoneLater()
    {
        Practice.Values["a"] = "1";
        Practice.BeforeWrite = (item, value) =>
        {
            if (item is "b" || value is "1")
            {
                throw new IOException("no");
            }
        };
        var answer = await _fixture.Apply("op-1", ("a", "2"), ("b", "2"));
        Practice.BeforeWrite = null;

        var undo = await _fixture.Undo("undo-1", "op-1");

        Assert.Equal(OperationState.Failed, answer.Operation.State);
        Assert.Contains("a could not be put back", answer.Operation.Error, StringComparison.Ordinal);
        Assert.Equal(OperationState.Done, undo.Operation.State);
        Assert.Equal("1", Practice.Values["a"]);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(1, false)]
    [InlineData(2, true)]
    [InlineData(2, false)]
    public async Task Apply_KilledAroundAnyItem_IsCutOffAndCompletedByTheSameId(int item, bool beforeWrite)
    {
        Practice.Values["a"] = "1";
        var count = 0;
        void Crash(string name, string? value)
        {
            if (count++ == item)
            {
                throw new CrashException();
            }
        }

        (Practice.BeforeWrite, Practice.AfterWrite) = beforeWrite ? ((Action<string, string?>)Crash, (Action<string, string?>?)null) : (null, Crash);
        await Assert.ThrowsAsync<CrashException>(() => _fixture.Apply("op-1", ("a", "2"), ("b", "2"), ("c", "2")));
        (Practice.BeforeWrite, Practice.AfterWrite) = (null, null);
        _fixture.Restart();

        var cutOff = Assert.Single(_fixture.Engine.History(10));
        var answer = await _fixture.Apply("op-1", ("a", "2"), ("b", "2"), ("c", "2"));
        await _fixture.Undo("undo-1");

        Assert.Equal(OperationState.Begun, cutOff.State);
        Assert.Contains("cut off", cutOff.Error, StringComparison.Ordinal);
        Assert.Equal(OperationState.Done, answer.Operation.State);
        Assert.Equal(["a"], Practice.Values.Keys);
        Assert.Equal("1", Practice.Values["a"]);
    }

    [Fact]
    public async Task Apply_CutOffByAReboot_SameIdSetsWhatTheNewBootHasNotAndLeavesTheRest()
    {
        Practice.AfterWrite = static (item, _) => _ = item is "b" ? throw new CrashException() : item;
        await Assert.ThrowsAsync<CrashException>(() => _fixture.Apply("op-1", ("a", "2"), ("b", "2"), ("c", "2")));
        Practice.AfterWrite = null;
        _fixture.Restart();
        _fixture.BootId = "boot-2";
        Practice.Values["a"] = "kernel's own";
        Practice.Writes.Clear();

        var answer = await _fixture.Apply("op-1", ("a", "2"), ("b", "2"), ("c", "2"));

        Assert.Equal(OperationState.Done, answer.Operation.State);
        Assert.Equal(["a=2", "c=2"], Practice.Writes);
    }

    [Fact]
    public async Task Undo_CutOffOperation_PutsBackWhatWasReached()
    {
        Practice.Values["a"] = "1";
        Practice.BeforeWrite = (item, _) =>
        {
            if (item is "b")
            {
                throw new CrashException();
            }
        };
        await Assert.ThrowsAsync<CrashException>(() => _fixture.Apply("op-1", ("a", "2"), ("b", "2")));
        Practice.BeforeWrite = null;
        _fixture.Restart();

        var undo = await _fixture.Undo("undo-1");

        Assert.Equal("op-1", undo.Operation.RelatedOperationId);
        Assert.Equal("1", Practice.Values["a"]);
        Assert.Equal(OperationState.Undone, _fixture.Engine.History(10)[1].State);
    }

    [Fact]
    public async Task Settle_CutOffOperation_EndsByWhatIsThereUnlessItIsUnknownOrToBeCompleted()
    {
        Practice.Values["a"] = "0";
        Practice.AfterWrite = static (_, _) => throw new CrashException();
        await Assert.ThrowsAsync<CrashException>(() => _fixture.Apply("op-1", ("a", "1"), ("b", "2")));
        _fixture.Restart();
        Practice.AfterWrite = null;
        Practice.Forgotten.Add("b");

        _fixture.Engine.Settle();
        Assert.Equal(OperationState.Begun, Assert.Single(_fixture.Engine.History(10)).State);
        Practice.Forgotten.Clear();
        _fixture.Engine.Settle("op-1");
        Assert.Equal(OperationState.Begun, Assert.Single(_fixture.Engine.History(10)).State);
        _fixture.Engine.Settle();

        _fixture.Restart();
        var settled = Assert.Single(_fixture.Engine.History(10));
        Assert.Equal((OperationState.Failed, "cut off in the middle: changed: a; not changed: b"), (settled.State, settled.Error));
        Assert.Equal([ChangeState.Verified, ChangeState.Skipped], settled.Outcomes.Select(static o => o.State));
        Assert.Equal(OperationState.Done, (await _fixture.Undo("op-2")).Operation.State);
        Assert.Equal("0", Practice.Values["a"]);
    }

    [Fact]
    public async Task Undo_Newest_PutsBackAndMarksIt()
    {
        Practice.Values["a"] = "1";
        await _fixture.Apply("op-1", ("a", "2"));
        await _fixture.Apply("op-2", ("a", "3"), ("b", "3"));
        _fixture.Restart();

        var undo = await _fixture.Undo("undo-1");

        Assert.Equal(("op-2", OperationState.Done), (undo.Operation.RelatedOperationId, undo.Operation.State));
        Assert.All(undo.Operation.Outcomes, o => Assert.Equal(ChangeState.Reverted, o.State));
        Assert.Equal("2", Practice.Values["a"]);
        Assert.False(Practice.Values.ContainsKey("b"));
        var history = _fixture.Engine.History(10);
        Assert.Equal(["undo-1", "op-2", "op-1"], history.Select(o => o.OperationId));
        Assert.Equal((OperationState.Undone, "undo-1"), (history[1].State, history[1].RelatedOperationId));
        await _fixture.Undo("undo-2");
        Assert.Equal("1", Practice.Values["a"]);
        var e = await Assert.ThrowsAsync<PracticeException>(() => _fixture.Undo("undo-3"));
        Assert.Equal(PracticeError.FailedPrecondition, e.Error);
    }

    [Fact]
    public async Task Undo_ValueChangedSince_IsRefusedWithNamesAndValuesUnlessForced()
    {
        Practice.Values["a"] = "1";
        await _fixture.Apply("op-1", ("a", "2"));
        Practice.Values["a"] = "9";

        var e = await Assert.ThrowsAsync<PracticeException>(() => _fixture.Undo("undo-1", "op-1"));
        var forced = await _fixture.Undo("undo-2", "op-1", force: true);

        Assert.Equal(PracticeError.FailedPrecondition, e.Error);
        Assert.Contains("a was set to '2' and is '9' now", e.Message, StringComparison.Ordinal);
        Assert.Equal(OperationState.Done, forced.Operation.State);
        Assert.Equal("1", Practice.Values["a"]);
    }

    [Fact]
    public async Task Undo_ChangedByANewerOperation_NamesIt()
    {
        await _fixture.Apply("op-1", ("a", "2"));
        await _fixture.Apply("op-2", ("a", "3"));

        var e = await Assert.ThrowsAsync<PracticeException>(() => _fixture.Undo("undo-1", "op-1"));

        Assert.Contains("set by operation 'op-2'", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Undo_OfAnUndo_IsRefusedWithAHint()
    {
        await _fixture.Apply("op-1", ("a", "2"));
        await _fixture.Undo("undo-1");

        var e = await Assert.ThrowsAsync<PracticeException>(() => _fixture.Undo("undo-2", "undo-1"));

        Assert.Equal(PracticeError.FailedPrecondition, e.Error);
        Assert.Contains("apply them again", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Undo_Twice_IsRefusedAndSameIdIsRepeated()
    {
        await _fixture.Apply("op-1", ("a", "2"));
        await _fixture.Undo("undo-1", "op-1");

        var repeated = await _fixture.Undo("undo-1", "op-1");
        var e = await Assert.ThrowsAsync<PracticeException>(() => _fixture.Undo("undo-2", "op-1"));

        Assert.True(repeated.Repeated);
        Assert.Contains("undone already", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Undo_UnknownTarget_NotFound()
    {
        var e = await Assert.ThrowsAsync<PracticeException>(() => _fixture.Undo("undo-1", "nope"));

        Assert.Equal(PracticeError.NotFound, e.Error);
    }

    [Fact]
    public async Task Undo_WriteFails_TargetStaysDone()
    {
        Practice.Values["a"] = "1";
        await _fixture.Apply("op-1", ("a", "2"), ("b", "2"));
        Practice.BeforeWrite = (item, value) =>
        {
            if (item is "a" && value is "1")
            {
                throw new IOException("no");
            }
        };

        var undo = await _fixture.Undo("undo-1");

        Assert.Equal(OperationState.Failed, undo.Operation.State);
        Assert.Equal(("2", "2"), (Practice.Values["a"], Practice.Values["b"]));
        Assert.Equal(OperationState.Done, _fixture.Engine.History(10)[1].State);
    }

    [Fact]
    public async Task Undo_AfterAReboot_LeavesWhatTheKernelHasNow()
    {
        Practice.Values["a"] = "1";
        await _fixture.Apply("op-1", ("a", "2"));
        _fixture.BootId = "boot-2";
        Practice.Values["a"] = "7";

        var undo = await _fixture.Undo("undo-1");

        Assert.Equal(OperationState.Done, undo.Operation.State);
        Assert.Equal("7", Practice.Values["a"]);
    }

    [Fact]
    public async Task Observe_OwnedValues_FollowApplyUndoAndBoot()
    {
        await _fixture.Apply("op-1", ("a", "2"));
        await _fixture.Apply("op-2", ("a", "3"));
        Assert.Equal(new OwnedValue("a", "3", "op-2", true), Assert.Single(Practice.LastOwned));
        await _fixture.Undo("undo-1");
        Assert.Equal(new OwnedValue("a", "2", "op-1", true), Assert.Single(Practice.LastOwned));
        _fixture.Restart();
        _fixture.BootId = "boot-2";
        _fixture.Engine.Observe("memory");
        Assert.False(Assert.Single(Practice.LastOwned).SetInThisBoot);
        await _fixture.Undo("undo-2");
        Assert.Empty(Practice.LastOwned);
    }

    [Fact]
    public async Task Apply_TwoCallersWithOneId_OneRunsAndTheOtherGetsItsAnswer()
    {
        using var entered = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        Practice.BeforeWrite = (_, _) =>
        {
            entered.Set();
            go.Wait();
        };
        var first = Task.Run(() => _fixture.Apply("op-1", ("a", "2")));
        entered.Wait();
        var second = Task.Run(() => _fixture.Apply("op-1", ("a", "2")));
        Assert.Equal(OperationState.Begun, _fixture.Engine.History(1)[0].State);
        Assert.Null(_fixture.Engine.History(1)[0].Error);
        go.Set();

        var answers = await Task.WhenAll(first, second);

        Assert.Equal([false, true], answers.Select(a => a.Repeated));
        Assert.Single(Practice.Writes);
    }

    [Fact]
    public async Task Dispose_WhileAnOperationRuns_WaitsForItsEnd()
    {
        _fixture.Time = new PatientTime();
        using var entered = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        Practice.BeforeWrite = (_, _) =>
        {
            entered.Set();
            go.Wait();
        };
        var apply = Task.Run(() => _fixture.Apply("op-1", ("a", "2")));
        entered.Wait();

        var stop = Task.Run(_fixture.Restart);
        Assert.NotSame(stop, await Task.WhenAny(stop, Task.Delay(100)));
        go.Set();
        await stop;

        Assert.Equal(OperationState.Done, (await apply).Operation.State);
        Assert.Equal(OperationState.Done, _fixture.Engine.History(1)[0].State);
    }

    [Fact]
    public async Task Complete_ItemThatThisVersionDoesNotKnow_PutsBackAndFails()
    {
        Practice.Values["a"] = "1";
        Practice.BeforeWrite = (name, _) =>
        {
            if (name is "b")
            {
                throw new CrashException();
            }
        };
        await Assert.ThrowsAsync<CrashException>(() => _fixture.Apply("op-1", ("a", "2"), ("b", "2")));
        Practice.BeforeWrite = null;
        Practice.Forgotten.Add("b");
        _fixture.Restart();

        var answer = await _fixture.Apply("op-1", ("a", "2"), ("b", "2"));

        Assert.Equal(OperationState.Failed, answer.Operation.State);
        Assert.Contains("b: 'b' is not known", answer.Operation.Error, StringComparison.Ordinal);
        Assert.Equal("1", Practice.Values["a"]);
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(2)]
    public async Task Observe_ClockWasSetBack_TheLaterOperationOwnsTheValue(int keptOperations)
    {
        var clock = new SettableClock();
        (_fixture.Time, _fixture.KeptOperations) = (clock, keptOperations);
        foreach (var value in (string[])["1", "2", "3", "4", "5"])
        {
            await _fixture.Apply("op-" + value, ("a", value));
            clock.Now -= TimeSpan.FromHours(1);
        }

        _fixture.Restart();
        _fixture.Engine.Observe("memory");

        Assert.Equal("op-5", Assert.Single(Practice.LastOwned).OperationId);
    }

    [Fact]
    public async Task Apply_CancelledWhileWaiting_HasNotBegun()
    {
        using var entered = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        Practice.BeforeWrite = (_, _) =>
        {
            entered.Set();
            go.Wait();
        };
        var first = Task.Run(() => _fixture.Apply("op-1", ("a", "2")));
        entered.Wait();
        using var cancelled = new CancellationTokenSource();
        var second = _fixture.Engine.ApplyAsync("op-2", EngineFixture.Desire(("a", "3")), cancelled.Token).AsTask();
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        go.Set();
        await first;
        Assert.Single(_fixture.Engine.History(10));
    }

    [Theory]
    [InlineData(JournalFault.Reserve)]
    [InlineData(JournalFault.Append)]
    [InlineData(JournalFault.AppendHalf)]
    [InlineData(JournalFault.Open)]
    public async Task Apply_JournalCannotBeWritten_ChangesNothingAndSaysWhy(JournalFault fault)
    {
        var faults = new FaultyJournalFile.Switch();
        _fixture.OpenFile = (path, length) => new FaultyJournalFile(path, length, faults);
        if (fault != JournalFault.Open)
        {
            await _fixture.Apply("op-0", ("z", "1"));
        }

        faults.Fault = fault;
        var e = await Assert.ThrowsAsync<PracticeException>(() => _fixture.Apply("op-1", ("a", "2")));
        Assert.Equal(PracticeError.FailedPrecondition, e.Error);
        Assert.Contains("nothing was changed", e.Message, StringComparison.Ordinal);
        Assert.Contains(_fixture.JournalPath, e.Message, StringComparison.Ordinal);
        Assert.Contains("No space left on device (ENOSPC)", e.Message, StringComparison.Ordinal);
        Assert.False(Practice.Values.ContainsKey("a"));

        faults.Fault = JournalFault.None;
        var answer = await _fixture.Apply("op-1", ("a", "2"));
        Assert.Equal(OperationState.Done, answer.Operation.State);
        _fixture.Restart();
        Assert.Equal(OperationState.Done, _fixture.Engine.History(1)[0].State);
    }

    [Fact]
    public async Task Apply_OutcomeCannotBeWritten_SameIdCompletesItLater()
    {
        var faults = new FaultyJournalFile.Switch();
        _fixture.OpenFile = (path, length) => new FaultyJournalFile(path, length, faults);
        Practice.AfterWrite = (_, _) => faults.Fault = JournalFault.AppendHalf;
        var e = await Assert.ThrowsAsync<PracticeException>(() => _fixture.Apply("op-1", ("a", "2")));
        Assert.Contains("call again with the same operation id", e.Message, StringComparison.Ordinal);
        Practice.AfterWrite = null;
        faults.Fault = JournalFault.None;
        _fixture.Restart();

        var answer = await _fixture.Apply("op-1", ("a", "2"));

        Assert.Equal(OperationState.Done, answer.Operation.State);
    }

    [Fact]
    public async Task Journal_ManyOperations_StaysBounded()
    {
        _fixture.KeptOperations = 3;
        for (var i = 0; i < 20; i++)
        {
            await _fixture.Apply($"op-{i}", ("a", $"{i}"));
            Assert.InRange(_fixture.Engine.History(100).Count, 0, 6);
        }

        _fixture.Restart();
        Assert.Equal(["op-19", "op-18", "op-17"], _fixture.Engine.History(3).Select(o => o.OperationId));
        await _fixture.Undo("undo-1");
        Assert.Equal("18", Practice.Values["a"]);
        _fixture.Restart();
        Assert.Equal(OperationState.Undone, _fixture.Engine.History(2)[1].State);
    }
}
