using Grpc.Core;
using GuestTune.Agent.V1;

namespace GuestTune.Agent.Tests.Rebooting;

public sealed class RebootTests : IAsyncLifetime
{
    private const string FirstBoot = "11111111-1111-1111-1111-111111111111";
    private const string SecondBoot = "22222222-2222-2222-2222-222222222222";

    private readonly GuestTree _tree = DebianGrub.Create();
    private readonly FakeRestart _restart = new();
    private AgentHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await AgentHost.StartAsync(_tree, restart: _restart);

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        _tree.Dispose();
    }

    [Fact]
    public async Task Reboot_SameIdTwiceInOneBoot_AsksOnce()
    {
        var first = await RebootAsync("op1");
        var again = await RebootAsync("op1");

        Assert.Equal((RebootState.GoingDown, FirstBoot, FirstBoot, "systemd"), (first.State, first.BootId, first.BootIdBefore, first.Method));
        Assert.Equal(RebootState.GoingDown, again.State);
        Assert.Equal(1, _restart.Count);
    }

    [Fact]
    public async Task Reboot_SameIdInTheNextBoot_RestartsNothingAndTellsBothBoots()
    {
        await RebootAsync("op1");
        await BootAsync();

        var again = await RebootAsync("op1");

        Assert.Equal((RebootState.Restarted, SecondBoot, FirstBoot), (again.State, again.BootId, again.BootIdBefore));
        Assert.Equal(1, _restart.Count);
        // Another operation is another restart.
        Assert.Equal(RebootState.GoingDown, (await RebootAsync("op2")).State);
        Assert.Equal(2, _restart.Count);
    }

    [Fact]
    public async Task Reboot_AgentDiedBeforeItAsked_AsksInTheSameBoot()
    {
        await RebootAsync("op1");
        await _host.DisposeAsync();
        _host = await AgentHost.StartAsync(_tree, restart: _restart);

        Assert.Equal(RebootState.GoingDown, (await RebootAsync("op1")).State);

        Assert.Equal(2, _restart.Count);
    }

    [Fact]
    public async Task Reboot_SomebodyElseRestartedIt_IsNotRestartedAgain()
    {
        await BootAsync();

        var answer = await RebootAsync("op1", expectedBootId: FirstBoot);

        Assert.Equal((RebootState.Restarted, SecondBoot, ""), (answer.State, answer.BootId, answer.BootIdBefore));
        Assert.Equal(0, _restart.Count);
    }

    [Fact]
    public async Task Reboot_WithTrial_IsArmedBeforeAndEndedByItsOperationOnly()
    {
        var answer = await RebootAsync("op1", trial: TrialWish.Required);
        Assert.Equal((BootTrialState.Armed, "op1"), (answer.Trial.State, answer.Trial.OperationId));

        var e = await Assert.ThrowsAsync<RpcException>(async () => await _host.Client.EndBootTrialAsync(new EndBootTrialRequest { OperationId = "op2" }));
        Assert.Equal(StatusCode.FailedPrecondition, e.StatusCode);
        Assert.Contains("'op1'", e.Status.Detail, StringComparison.Ordinal);

        Assert.Equal(BootTrialState.Armed, (await _host.Client.EndBootTrialAsync(new EndBootTrialRequest { OperationId = "op1" })).Trial.State);
        Assert.False(_tree.Exists(DebianGrub.Custom));
        Assert.Equal(BootTrialState.None, (await _host.Client.EndBootTrialAsync(new EndBootTrialRequest { OperationId = "op1" })).Trial.State);
    }

    [Fact]
    public async Task Reboot_TrialRequiredAndImpossible_IsRefused()
    {
        File.Delete(_tree.File(DebianGrub.Configuration));

        var e = await Assert.ThrowsAsync<RpcException>(() => RebootAsync("op1", trial: TrialWish.Required));
        Assert.Equal(StatusCode.FailedPrecondition, e.StatusCode);
        Assert.Contains("not GRUB", e.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(0, _restart.Count);

        var answer = await RebootAsync("op2", trial: TrialWish.WherePossible);
        Assert.Equal(BootTrialState.None, answer.Trial.State);
        Assert.Contains("not GRUB", answer.Trial.Reason, StringComparison.Ordinal);
        Assert.Equal(1, _restart.Count);
    }

    [Fact]
    public async Task Reboot_RestartFails_NothingIsLeftAndTheSameIdMayTryAgain()
    {
        var before = _tree.Snapshot();
        _restart.Failure = "systemctl says no";

        var e = await Assert.ThrowsAsync<RpcException>(() => RebootAsync("op1", trial: TrialWish.WherePossible));

        Assert.Equal(StatusCode.FailedPrecondition, e.StatusCode);
        Assert.Contains("systemctl says no", e.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(before, _tree.Snapshot());
        _restart.Failure = null;
        await BootAsync();
        Assert.Equal(RebootState.GoingDown, (await RebootAsync("op1")).State);
    }

    [Fact]
    public async Task Reboot_RecordsDamaged_IsRefused()
    {
        await RebootAsync("op1");
        _tree.Write("/var/lib/guesttune/reboots", "garbage\n");

        var e = await Assert.ThrowsAsync<RpcException>(() => RebootAsync("op2"));

        Assert.Equal(StatusCode.FailedPrecondition, e.StatusCode);
        Assert.Contains("/var/lib/guesttune/reboots is damaged", e.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(1, _restart.Count);
    }

    [Theory]
    [InlineData("a b", "", TrialWish.None, "operation_id is 'a b'")]
    [InlineData("op1", "LONG", TrialWish.None, "reason has 201 characters")]
    [InlineData("op1", "", TrialWish.Unspecified, "trial is 0")]
    public async Task Reboot_WrongRequest_IsInvalid(string id, string reason, TrialWish trial, string message)
    {
        var e = await Assert.ThrowsAsync<RpcException>(async () => await _host.Client.RebootAsync(new RebootRequest
        {
            OperationId = id,
            Reason = reason is "LONG" ? new string('x', 201) : reason,
            Trial = trial,
        }));

        Assert.Equal(StatusCode.InvalidArgument, e.StatusCode);
        Assert.Contains(message, e.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(0, _restart.Count);
    }

    [Fact]
    public async Task Reboot_RefusedByTheAdministrator_IsDenied()
    {
        _tree.Write("/etc/guesttune/agent.conf", "deny-rpcs = Reboot\n");
        await using var host = await AgentHost.StartAsync(_tree, restart: _restart, stateDirectory: "/var/lib/other");

        var e = await Assert.ThrowsAsync<RpcException>(async () => await host.Client.RebootAsync(new RebootRequest { OperationId = "op1", Trial = TrialWish.None }));

        Assert.Equal(StatusCode.PermissionDenied, e.StatusCode);
        Assert.Equal(0, _restart.Count);
    }

    [Fact]
    public async Task Reboot_OfATree_IsRefused()
    {
        await using var host = await AgentHost.StartAsync(_tree, stateDirectory: "/var/lib/other");

        var e = await Assert.ThrowsAsync<RpcException>(async () => await host.Client.RebootAsync(new RebootRequest { OperationId = "op1", Trial = TrialWish.None }));

        Assert.Equal(StatusCode.FailedPrecondition, e.StatusCode);
        Assert.Contains(_tree.Path, e.Status.Detail, StringComparison.Ordinal);
    }

    private async Task<RebootResponse> RebootAsync(string id, string expectedBootId = "", TrialWish trial = TrialWish.None) =>
        await _host.Client.RebootAsync(new RebootRequest { OperationId = id, ExpectedBootId = expectedBootId, Reason = "test", Trial = trial });

    private async Task BootAsync()
    {
        await _host.DisposeAsync();
        _tree.Boot(SecondBoot);
        _host = await AgentHost.StartAsync(_tree, restart: _restart);
    }
}
