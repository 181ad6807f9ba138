using System.Net.Sockets;
using Grpc.Core;
using GuestTune.Agent.V1;
using GuestTune.Controller.LibvirtAuth;
using GuestTune.HostController.Tests.Fakes;
using GuestTune.HostController.Tests.HostPractices;
using GuestTune.Practice.V1;

namespace GuestTune.HostController.Tests.LibvirtAuth;

/// <summary>Against a real daemon, over the network, as its clients come.</summary>
public sealed class LibvirtAuthTests : IDisposable
{
    private readonly AuthenticatedLibvirt _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task Enable_DigestOverTcp_LetsInWhoHasThePasswordAndUndoGivesTheFilesBack()
    {
        var before = _host.Configuration;
        var request = HostTree.Apply("a", LibvirtAuthPractice.PracticeId, true, ("mechanism", "digest-md5"));

        var plan = (await _host.Host.PlanAsync(new PlanRequest { Desired = request.Desired }, default)).Plan;
        Assert.Equal(["libvirt.conf:mech_list", "libvirtd.conf:listen_tcp", "libvirtd.env:LIBVIRTD_ARGS"], plan.Changes.Select(c => c.Item));
        Assert.Contains(plan.Warnings, w => w.Contains("Per RFC 6331 this is vulnerable to many serious security flaws and should no longer be used.", StringComparison.Ordinal));
        Assert.Contains("who logs in with gssapi today can do so no longer", plan.Warnings);
        Assert.Equal(3, plan.Files.Count);
        Assert.Equal(before, _host.Configuration);

        var applied = await _host.Host.ApplyAsync(request, default);

        Assert.True(applied.Operation.State == OperationState.Done, applied.Operation.Error);
        Assert.Equal(Verdict.Configured, applied.Observation.Verdict);
        Assert.Contains("nobody can log in: there is no user", applied.Observation.Reason);
        Assert.Empty(_host.Users.List());
        Assert.Equal(1, _host.Restarts);
        _host.Users.Add("joe", "secret 1", replace: false);
        Assert.Equal((LoginOutcome.Accepted, LoginOutcome.Refused, LoginOutcome.Refused), (_host.LogIn("joe", "secret 1"), _host.LogIn("joe", "secret 2"), _host.LogIn(null, null)));
        var observation = (await _host.Host.ObserveAsync(new ObserveRequest(), default)).Observations[0];
        Assert.Equal(Verdict.Effective, observation.Verdict);
        Assert.Contains("no credentials and a wrong password are refused; digest-md5 should no longer be used (RFC 6331)", observation.Reason);

        var undone = await _host.Host.UndoAsync(new UndoRequest { OperationId = "u" }, default);

        Assert.True(undone.Operation.State == OperationState.Done, undone.Operation.Error);
        Assert.Equal(before, _host.Configuration);
        Assert.Equal(Verdict.Absent, undone.Observation.Verdict);
        Assert.Equal(LoginOutcome.Unreachable, _host.LogIn("joe", "secret 1"));
    }

    [Fact]
    public async Task Undo_FormerConfigurationAskedForNoPassword_IsBackAllTheSame()
    {
        File.AppendAllText(_host.Service.ConfigurationFile, "listen_tcp = 1\nauth_tcp = \"none\"\n");
        File.WriteAllText(_host.Service.ArgumentsFile!, "LIBVIRTD_ARGS=\"--listen\"\n");
        var before = _host.Configuration;
        var applied = await _host.Host.ApplyAsync(HostTree.Apply("a", LibvirtAuthPractice.PracticeId, true, ("mechanism", "digest-md5")), default);
        Assert.True(applied.Operation.State == OperationState.Done, applied.Operation.Error);

        var undone = await _host.Host.UndoAsync(new UndoRequest { OperationId = "u" }, default);

        Assert.True(undone.Operation.State == OperationState.Done, undone.Operation.Error);
        Assert.Equal(before, _host.Configuration);
        Assert.Equal(Verdict.Failed, undone.Observation.Verdict);
        Assert.Contains("auth_tcp is none: whoever reaches", undone.Observation.Reason);
    }

    [Fact]
    public async Task Enable_ScramOverTls_IsProvenWithTheServersOwnCertificate()
    {
        _host.WriteCertificates();
        _host.Users.Add("joe@example", "x", replace: false);

        var applied = await _host.Host.ApplyAsync(HostTree.Apply("a", LibvirtAuthPractice.PracticeId, true, ("mechanism", "scram-sha-256")), default);

        Assert.True(applied.Operation.State == OperationState.Done, applied.Operation.Error);
        Assert.Equal(Verdict.Effective, applied.Observation.Verdict);
        Assert.Contains("servercert.pem is for localhost, 127.0.0.1, not for", applied.Observation.Reason);
        Assert.Contains("mech_list: scram-sha-256\n", File.ReadAllText(_host.Service.SaslFile));
        var configuration = File.ReadAllText(_host.Service.ConfigurationFile);
        Assert.Contains("listen_tls = 1\n", configuration);
        Assert.Contains("serverkey.pem\" # kept\n", configuration);
        Assert.Equal(["joe@example"], _host.Users.List());
    }

    [Fact]
    public async Task Enable_DaemonThatDoesNotComeUp_GetsItsFormerConfigurationBack()
    {
        var before = _host.Configuration;
        using var taken = new TcpListener(_host.Libvirt.Address, 0);
        taken.Start();
        var port = ((System.Net.IPEndPoint)taken.LocalEndpoint).Port;

        var applied = await _host.Host.ApplyAsync(HostTree.Apply("a", LibvirtAuthPractice.PracticeId, true, ("mechanism", "digest-md5"), ("port", $"{port}")), default);

        Assert.Equal(OperationState.Failed, applied.Operation.State);
        Assert.Contains("the former configuration is back, and libvirtd runs with it", applied.Operation.Error);
        Assert.Equal(before, _host.Configuration);
        Assert.Contains("qemu", _host.Libvirt.Virsh("uri"));
    }

    [Fact]
    public async Task Enable_TlsWithoutCertificates_IsRefusedBeforeAnythingChanges()
    {
        var before = _host.Configuration;
        var request = HostTree.Apply("a", LibvirtAuthPractice.PracticeId, true, ("mechanism", "scram-sha-256"));

        Assert.Contains("cacert.pem: no such file", (await Assert.ThrowsAsync<RpcException>(() => _host.Host.ApplyAsync(request, default))).Status.Detail);
        _host.WriteCertificates(until: TimeProvider.System.GetUtcNow().AddDays(-1));
        Assert.Contains("servercert.pem has expired on", (await Assert.ThrowsAsync<RpcException>(() => _host.Host.ApplyAsync(request, default))).Status.Detail);
        _host.WriteCertificates();
        File.SetUnixFileMode(_host.PathOf("serverkey.pem"), UnixFileMode.UserRead | UnixFileMode.OtherRead);
        Assert.Contains("is a private key that others can read or change", (await Assert.ThrowsAsync<RpcException>(() => _host.Host.ApplyAsync(request, default))).Status.Detail);
        var certificate = File.ReadAllText(_host.PathOf("servercert.pem"));
        _host.WriteCertificates();
        File.WriteAllText(_host.PathOf("servercert.pem"), certificate);
        var e = await Assert.ThrowsAsync<RpcException>(() => _host.Host.ApplyAsync(request, default));
        Assert.Contains("serverkey.pem is not the key of", e.Status.Detail);
        Assert.Contains("servercert.pem is not signed by", e.Status.Detail);

        Assert.Equal((before, 0), (_host.Configuration, _host.Restarts));
    }

    [Fact]
    public async Task Commands_ThroughADaemon_EnableAndManageUsers()
    {
        await using var fleet = await TestFleet.StartAsync();
        var log = new CapturedLog();
        await using var daemon = await RunningDaemon.StartAsync(fleet, log, host: _host.Host);
        string[] at = ["--controller", "unix://" + daemon.SocketPath];

        var dryRun = await Fakes.Cli.RunAsync(["host", "libvirt-auth", "enable", "--mechanism", "digest-md5", "--dry-run", .. at]);
        var enabled = await Fakes.Cli.RunAsync(["host", "libvirt-auth", "enable", "--mechanism", "digest-md5", "--operation-id", "auth-1", .. at]);
        var added = await Fakes.Cli.RunWithInputAsync("secret\n", ["host", "libvirt-auth", "user", "add", "joe", .. at]);
        var again = await Fakes.Cli.RunWithInputAsync("secret\n", ["host", "libvirt-auth", "user", "add", "joe", .. at]);
        var terminal = await Fakes.Cli.RunWithInputAsync(null, ["host", "libvirt-auth", "user", "add", "ann", .. at]);
        var status = await Fakes.Cli.RunAsync(["host", "libvirt-auth", "status", .. at]);

        Assert.Equal((0, ""), (dryRun.ExitCode, dryRun.Error));
        Assert.Contains("+mech_list: digest-md5", dryRun.Out);
        Assert.True(enabled.ExitCode == 0, enabled.Error);
        Assert.Contains("guesttune host undo --operation auth-1", enabled.Out);
        Assert.Equal((0, ""), (added.ExitCode, added.Error));
        Assert.Matches(@"(?m)^joe@\S+ +" + _host.Database, added.Out);
        Assert.Equal(LoginOutcome.Accepted, _host.LogIn("joe", "secret"));
        Assert.Equal(2, again.ExitCode);
        Assert.Contains("there is a user 'joe' already; use --replace", again.Error);
        Assert.Contains("a terminal would show the password", terminal.Error);
        Assert.Contains("host: libvirt-auth is effective", status.Out);

        var removed = await Fakes.Cli.RunAsync(["host", "libvirt-auth", "user", "remove", "joe", "-o", "json", .. at]);
        Assert.Contains("\"users\": []", removed.Out);
        Assert.Equal(LoginOutcome.Refused, _host.LogIn("joe", "secret"));
        Assert.Equal(2, (await Fakes.Cli.RunAsync(["host", "libvirt-auth", "user", "remove", "joe", .. at])).ExitCode);
        await log.WaitForAsync("add libvirt user  on the host (joe) for user");
        Assert.DoesNotContain(log.Lines, l => l.Contains("secret", StringComparison.Ordinal));
    }
}
