using Grpc.Core;
using GuestTune.Agent.V1;
using GuestTune.Controller.HostPractices;
using GuestTune.Controller.LibvirtAuth;
using GuestTune.HostController.Tests.HostPractices;
using GuestTune.Practice.V1;
using GuestTune.Practices.Commands;

namespace GuestTune.HostController.Tests.LibvirtAuth;

/// <summary>Which daemon it is, and what systemd is asked to do: on trees, with programs that only note that they were run.</summary>
public sealed class SystemdLibvirtControlTests : IDisposable
{
    private readonly HostTree _tree = new();
    private readonly Programs _programs = new();

    public void Dispose() => _tree.Dispose();

    [Theory]
    [InlineData("libvirtd", "", "libvirtd", "/etc/libvirt/libvirtd.conf", "/etc/default/libvirtd", false)]
    [InlineData("libvirtd", "libvirtd.socket", "libvirtd", "/etc/libvirt/libvirtd.conf", "/etc/default/libvirtd", true)]
    [InlineData("libvirtd virtproxyd", "virtqemud.socket virtproxyd.socket", "virtproxyd", "/etc/libvirt/virtproxyd.conf", null, true)]
    [InlineData("libvirtd virtproxyd", "libvirtd.service", "libvirtd", "/etc/libvirt/libvirtd.conf", "/etc/default/libvirtd", false)]
    [InlineData("virtproxyd", "", "virtproxyd", "/etc/libvirt/virtproxyd.conf", null, false)]
    public void Find_InstalledAndStarted_IsTheOneThatServes(string installed, string units, string name, string configuration, string? arguments, bool isSocketActivated)
    {
        Install(installed, units);

        var service = Control().Find(out var problem);

        Assert.Null(problem);
        Assert.Equal(new LibvirtService(name, configuration, "/etc/sasl2/libvirt.conf", arguments, isSocketActivated), service);
    }

    [Theory]
    [InlineData("", "", "no daemon of libvirt is installed")]
    [InlineData("libvirtd virtproxyd", "", "neither is started")]
    [InlineData("libvirtd virtproxyd", "libvirtd.service virtqemud.socket", "both are started")]
    public void Find_NotCertain_IsRefused(string installed, string units, string problem)
    {
        Install(installed, units);

        Assert.Null(Control().Find(out var found));
        Assert.Contains(problem, found);
    }

    [Fact]
    public void Restart_SocketActivated_StopsTheServiceBeforeItsSocketsAreSwitched()
    {
        Install("libvirtd", "libvirtd.socket");
        var service = Control().Find(out _)!;

        Control().Restart(service, new Dictionary<string, bool>(StringComparer.Ordinal) { ["libvirtd-tls.socket"] = true, ["libvirtd-tcp.socket"] = false });

        Assert.Equal(
            ["stop libvirtd.service", "disable --now libvirtd-tcp.socket", "enable --now libvirtd-tls.socket", "start libvirtd.service"],
            _programs.Ran.Select(static c => string.Join(' ', c.Arguments)));
    }

    [Fact]
    public void Restart_ServiceFails_SaysWhatItSaid()
    {
        Install("libvirtd", "");
        _programs.Fails = "start";
        _programs.Log = "error : bad key\nexiting";

        var e = Assert.Throws<IOException>(() => Control().Restart(Control().Find(out _)!, new Dictionary<string, bool>(StringComparer.Ordinal)));

        Assert.Equal("libvirtd.service does not start: error : bad key / exiting".Replace(".service", "", StringComparison.Ordinal), e.Message);
    }

    [Fact]
    public async Task Enable_SocketActivated_SwitchesSocketsAndWritesNoPorts()
    {
        Install("libvirtd", "libvirtd.socket");
        _tree.Write("/etc/libvirt/libvirtd.conf", "#auth_tcp = \"sasl\"\n");
        _tree.Write("/etc/sasl2/libvirt.conf", "mech_list: gssapi\n");
        await using var host = Open(LoginOutcome.Refused);

        var plan = (await host.PlanAsync(HostTree.Plan(LibvirtAuthPractice.PracticeId, true, ("mechanism", "digest-md5")), default)).Plan;
        var e = await Assert.ThrowsAsync<RpcException>(() => host.PlanAsync(HostTree.Plan(LibvirtAuthPractice.PracticeId, true, ("mechanism", "digest-md5"), ("port", "1")), default));

        Assert.Equal(["libvirt.conf:mech_list", "libvirt.conf:sasldb_path", "systemd:libvirtd-tcp.socket"], plan.Changes.Select(c => c.Item));
        Assert.Contains("set ListenStream= of the unit (systemctl edit libvirtd-tcp.socket)", e.Status.Detail);
    }

    [Fact]
    public async Task Enable_WhoeverComesIsLetIn_IsPutBack()
    {
        Install("libvirtd", "");
        _tree.Write("/etc/libvirt/libvirtd.conf", "# nothing\n");
        await using var host = Open(LoginOutcome.Accepted);

        var operation = (await host.ApplyAsync(HostTree.Apply("a", LibvirtAuthPractice.PracticeId, true, ("mechanism", "digest-md5")), default)).Operation;

        Assert.Equal(OperationState.Failed, operation.State);
        Assert.Contains("qemu+tcp://127.0.0.1:16509/system lets in who comes without credentials; the former configuration is back", operation.Error);
        Assert.Equal("# nothing\n", _tree.Read("/etc/libvirt/libvirtd.conf"));
        Assert.False(File.Exists(_tree.PathOf("/etc/sasl2/libvirt.conf")));
    }

    [Fact]
    public async Task Enable_RestartFailsAndAgainAfterThePutBack_SaysWhatIsBackAndWhatIsNot()
    {
        Install("libvirtd", "");
        _tree.Write("/etc/libvirt/libvirtd.conf", "# nothing\n");
        _programs.Fails = "start";
        _programs.Log = "no such key";
        await using var host = Open(LoginOutcome.Refused);

        var operation = (await host.ApplyAsync(HostTree.Apply("a", LibvirtAuthPractice.PracticeId, true, ("mechanism", "digest-md5")), default)).Operation;

        Assert.Contains("libvirtd does not start: no such key; the former configuration is back, and restarting libvirtd with it failed, too: libvirtd does not start: no such key", operation.Error);
        Assert.Equal("# nothing\n", _tree.Read("/etc/libvirt/libvirtd.conf"));
    }

    [Fact]
    public async Task Enable_FormerFileCannotBeWrittenAgain_IsNotSaidToBeBack()
    {
        Install("libvirtd", "");
        _tree.Write("/etc/libvirt/libvirtd.conf", "# nothing\n");
        _programs.Fails = "start";
        _programs.OnFailure = () => Directory.Delete(_tree.PathOf("/etc/libvirt"), recursive: true);
        await using var host = Open(LoginOutcome.Refused);

        var operation = (await host.ApplyAsync(HostTree.Apply("a", LibvirtAuthPractice.PracticeId, true, ("mechanism", "digest-md5")), default)).Operation;

        Assert.Contains("the former configuration could not be put back: /etc/libvirt/libvirtd.conf (", operation.Error);
        Assert.Single(_programs.Ran, static c => c.Arguments.Contains("start"));
        Assert.Equal("stop libvirtd.service", string.Join(' ', _programs.Ran[^1].Arguments));
    }

    [Theory]
    [InlineData("", null, "stop libvirtd.service", "Until then it is stopped, and takes no calls over the network: libvirtd.service")]
    [InlineData("libvirtd.socket libvirtd-tcp.socket", null, "stop libvirtd.service libvirtd-tcp.socket;disable libvirtd-tcp.socket", "Until then it is stopped, and takes no calls over the network: libvirtd.service, libvirtd-tcp.socket")]
    [InlineData("", "stop", "stop libvirtd.service", "It runs with the new configuration, which was refused, for it could not be stopped (systemctl stop libvirtd.service")]
    public async Task Enable_WhoeverComesIsLetInAndItCannotBePutBack_IsStopped(string units, string? fails, string ran, string said)
    {
        Install("libvirtd", units);
        _tree.Write("/etc/libvirt/libvirtd.conf", "# nothing\n");
        await using var host = Open(() =>
        {
            // Neither of the files can be written any more.
            _programs.Fails = fails;
            foreach (var directory in new[] { "/etc/libvirt", "/etc/sasl2", "/etc/default" }.Select(_tree.PathOf).Where(Directory.Exists))
            {
                Directory.Delete(directory, recursive: true);
            }

            return LoginOutcome.Accepted;
        });

        var operation = (await host.ApplyAsync(HostTree.Apply("a", LibvirtAuthPractice.PracticeId, true, ("mechanism", "digest-md5")), default)).Operation;

        Assert.Contains("lets in who comes without credentials; the former configuration could not be put back: ", operation.Error);
        Assert.Contains(said, operation.Error);
        Assert.EndsWith(ran, string.Join(';', _programs.Ran.Select(static c => string.Join(' ', c.Arguments))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("auth_tcp = \"none\"\nlisten_tcp = 1\nlisten_tls = 0\n", "auth_tcp is none: whoever reaches qemu+tcp://127.0.0.1:16509/system may do everything")]
    [InlineData("tls_no_verify_certificate = 1\n", "tls_no_verify_certificate is 1 and auth_tls is not sasl")]
    public async Task Observe_OpenToAll_HasFailed(string configuration, string reason)
    {
        Install("libvirtd", "");
        _tree.Write("/etc/libvirt/libvirtd.conf", configuration);
        _tree.Write("/etc/default/libvirtd", "LIBVIRTD_ARGS=\"--listen\"\n");
        await using var host = Open(LoginOutcome.Accepted);

        var observation = (await host.ObserveAsync(new ObserveRequest(), default)).Observations[0];

        Assert.Equal(Verdict.Failed, observation.Verdict);
        Assert.Contains(reason, observation.Reason);
    }

    [Theory]
    [InlineData("mechanism", "plain", "mechanism cannot be 'plain'; it must be scram-sha-256, digest-md5 or none")]
    [InlineData("user", "x", "there is no setting 'user' of libvirt-auth")]
    [InlineData("address", "here", "address cannot be 'here'; it must be an IP address of this host")]
    [InlineData("port", "65536", "port cannot be '65536'")]
    public async Task Plan_WrongSettings_AreNamed(string name, string value, string message)
    {
        Install("libvirtd", "");
        await using var host = Open(LoginOutcome.Refused);

        var e = await Assert.ThrowsAsync<RpcException>(() => host.PlanAsync(HostTree.Plan(LibvirtAuthPractice.PracticeId, true, (name, value)), default));

        Assert.Equal(StatusCode.InvalidArgument, e.StatusCode);
        Assert.Contains(message, e.Status.Detail);
    }

    private HostTuning Open(LoginOutcome outcome) => Open(() => outcome);

    private HostTuning Open(Func<LoginOutcome> logIn) => _tree.Open(new LibvirtAuthPractice(_tree.Files, Control(), _programs, TimeProvider.System, _ => (logIn(), "as the test says")));

    private SystemdLibvirtControl Control() => new(_tree.Files, _programs);

    private void Install(string programs, string units)
    {
        Directory.CreateDirectory(_tree.PathOf("/etc/default"));
        Directory.CreateDirectory(_tree.PathOf("/etc/sasl2"));
        foreach (var program in programs.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            _tree.Write("/usr/sbin/" + program, "");
        }

        foreach (var unit in units.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            _tree.Write("/etc/systemd/system/sockets.target.wants/" + unit, "");
        }
    }

    private sealed class Programs : ICommandRunner
    {
        public List<Command> Ran { get; } = [];

        public string? Fails { get; set; }

        public Action OnFailure { get; set; } = static () => { };

        public string Log { get; set; } = "";

        public string? WhyNotAvailable => null;

        public string? Find(string program) => "/usr/bin/" + program;

        public CommandResult Run(Command command)
        {
            Ran.Add(command);
            var isFailure = command.Arguments.Contains(Fails);
            if (isFailure)
            {
                OnFailure();
            }

            return new CommandResult(isFailure ? 1 : 0, command.Program is "journalctl" ? Log : "", "");
        }
    }
}
