using GuestTune.Agent.QemuGa;
using GuestTune.Practices;
using GuestTune.Practices.Journaling;

namespace GuestTune.Agent.Tests.QemuGa;

public sealed class QemuGaOperationsTests : IDisposable
{
    private readonly FakeSystem _system = new FakeSystem().Start();
    private readonly OperationEngine _engine;

    public QemuGaOperationsTests()
    {
        Directory.CreateDirectory(_system.Tree.File("/var/lib/guesttune"));
        _engine = new OperationEngine([_system.Practice()], () => Journal.Open(new JournalOptions { Directory = _system.Tree.File("/var/lib/guesttune") }), () => "boot-1");
    }

    [Fact]
    public async Task Apply_ThenUndo_LeavesNothingBehind()
    {
        var before = Configured();

        var applied = await ApplyAsync("op-1", "guest-exec,guest-file-open");
        var again = await ApplyAsync("op-1", "guest-exec,guest-file-open");
        var unchanged = await ApplyAsync("op-2", "guest-file-open,guest-exec");
        var undone = await _engine.UndoAsync("undo-1", "op-1", force: false);

        Assert.Equal((OperationState.Done, Verdict.Configured), (applied.Operation.State, applied.Observation.Verdict));
        Assert.Equal("guest-exec,guest-file-open", applied.Operation.Outcomes[0].ReadBack);
        Assert.True(again.Repeated);
        Assert.Equal(OperationState.Unchanged, unchanged.Operation.State);
        Assert.Equal((OperationState.Done, Verdict.Absent), (undone.Operation.State, undone.Observation.Verdict));
        Assert.Equal(before, Configured());
        Assert.True(_system.IsRunning);
    }

    [Fact]
    public async Task Apply_TwoLists_UndoneOneByOne()
    {
        await ApplyAsync("op-1", "guest-exec");
        await ApplyAsync("op-2", "guest-exec,guest-shutdown");

        await Assert.ThrowsAsync<PracticeException>(async () => await _engine.UndoAsync("undo-0", "op-1", force: false));
        await _engine.UndoAsync("undo-2", null, force: false);
        Assert.Contains("BlockedCommands=guest-exec\n", _system.Tree.Read(FakeSystem.DropIn), StringComparison.Ordinal);
        await _engine.UndoAsync("undo-1", null, force: false);

        Assert.False(_system.Tree.Exists(FakeSystem.DropIn));
    }

    [Fact]
    public async Task Apply_RestartFails_IsAFailedOperationThatChangedNothing()
    {
        var before = Configured();
        _system.RestartError = "Job failed.";

        var answer = await ApplyAsync("op-1", "guest-exec");

        Assert.Equal((OperationState.Failed, ChangeState.Failed), (answer.Operation.State, answer.Operation.Outcomes[0].State));
        Assert.Contains("Job failed.", answer.Operation.Error, StringComparison.Ordinal);
        Assert.Equal(before, Configured());
    }

    [Fact]
    public async Task Apply_ListThatQemuGaRefuses_NeverReachesAFile()
    {
        _system.Tree.Write("/etc/systemd/system/qemu-guest-agent.service.d/10-site.conf", "[Service]\nExecStart=\nExecStart=/usr/sbin/qemu-ga --bogus\n");
        var before = Configured();

        var e = await Assert.ThrowsAsync<PracticeException>(async () => await ApplyAsync("op-1", "guest-exec"));

        Assert.Contains("would not start with that list", e.Message, StringComparison.Ordinal);
        Assert.Contains("unrecognized option '--bogus'", e.Message, StringComparison.Ordinal);
        Assert.Equal(before, Configured());
        Assert.Empty(_engine.History(10));
    }

    [Fact]
    public void Plan_ShowsTheDropInAsAFile()
    {
        var plan = _engine.Plan(Desired("guest-exec"));

        var file = Assert.Single(plan.Files);
        Assert.Equal((FakeSystem.DropIn, null), (file.Path, file.Before));
        Assert.EndsWith("[Service]\nExecStart=\nExecStart=-/usr/sbin/qemu-ga --block-rpcs=guest-exec\n", file.After, StringComparison.Ordinal);
        Assert.Contains(plan.Warnings, w => w.Contains("is restarted", StringComparison.Ordinal));
    }

    public void Dispose()
    {
        _engine.Dispose();
        _system.Dispose();
    }

    private static Desired Desired(string list)
        => new(QemuGaPractice.PracticeId, new Dictionary<string, string>(StringComparer.Ordinal) { ["block"] = list }, Persist: true);

    private async Task<OperationAnswer> ApplyAsync(string id, string list) => await _engine.ApplyAsync(id, Desired(list));

    private string Configured() => string.Join('\n', Directory.GetFileSystemEntries(_system.Tree.File("/etc"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        .Select(f => f + (File.Exists(f) ? "=" + File.ReadAllText(f) : "")));
}
