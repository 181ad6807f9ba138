using System.Globalization;
using Grpc.Core;
using GuestTune.Agent.V1;
using GuestTune.Controller.Channel;
using GuestTune.Practice.V1;
using GuestTune.Testing;
using GuestTune.VirtioSerial;

namespace GuestTune.Bench;

/// <summary>One VM, side by side: GuestTune, qemu-ga and the bare device, on neighbouring ports of the same virtio-serial controller.</summary>
internal sealed class VmBench : IAsyncDisposable
{
    private const string EchoPort = "org.guesttune.bench.echo";
    private const string SourcePort = "org.guesttune.bench.source";
    private const string Ours = "guesttune";
    private const string QemuGa = "qemu-ga";
    private const string QemuGaExec = "qemu-ga guest-exec";
    private const string Raw = "raw port";
    private const string ParameterDirectory = "/sys/module/haltpoll/parameters/";
    private static readonly string[] Parameters =
        ["guest_halt_poll_ns", "guest_halt_poll_shrink", "guest_halt_poll_grow", "guest_halt_poll_grow_start", "guest_halt_poll_allow_shrink"];

    private readonly TestVm _vm;
    private readonly List<Measurement> _results = [];
    private readonly double _scale;

    private VmBench(TestVm vm, double scale)
    {
        _vm = vm;
        _scale = scale;
    }

    public static async Task<List<Measurement>> RunAsync(double scale)
    {
        var options = new TestVmOptions
        {
            Name = "bench",
            NeighbourPorts = [TestVmOptions.QemuGuestAgentPort, EchoPort, SourcePort],
        };
        await using var bench = new VmBench(await TestVm.BootAsync(options), scale);
        await bench.RunAllAsync();
        return bench._results;
    }

    public ValueTask DisposeAsync() => _vm.DisposeAsync();

    private async Task RunAllAsync()
    {
        await ServeRawPortsAsync();
        await MeasureIdleAsync("after start");
        await MeasureFirstCallAsync();
        await using (var link = OpenLink())
        using (var qemuGa = new QemuGaClient(Socket(TestVmOptions.QemuGuestAgentPort)))
        using (var echo = new RawPort(Socket(EchoPort)))
        using (var source = new RawPort(Socket(SourcePort)))
        {
            await MeasurePingAsync(link, qemuGa, echo);
            await MeasureJobAsync(link, qemuGa);
            await MeasureBulkAsync(link, qemuGa, source);
            await MeasureMemoryAsync("after load");
            await MeasureWakeUpsAsync("session kept open");
        }

        // As the controller leaves it a few seconds after a call when another program holds the port.
        using (new RawPort(Socket(TestVmOptions.AgentPort)))
        using (new QemuGaClient(Socket(TestVmOptions.QemuGuestAgentPort)))
        {
            await MeasureWakeUpsAsync("host attached");
        }

        await MeasureWakeUpsAsync("no host attached");
    }

    private static ValueTask<Session> AttachAsync(ChannelAddress address, CancellationToken cancellationToken) =>
        HostSession.AttachAsync(((SocketChannel)address).Path, new SessionOptions(), cancellationToken);

    private AgentLink OpenLink() => new(new SocketChannel(Socket(TestVmOptions.AgentPort)), new AgentLinkOptions(), AttachAsync, TimeProvider.System);

    private string Socket(string port) => _vm.Folder.PortSocket(port);

    private int Scaled(int count) => Math.Max(3, (int)(count * _scale));

    /// <summary>One descriptor for both directions: a port has one opener. dd, since cat would splice.</summary>
    private async Task ServeRawPortsAsync()
    {
        await _vm.Console.ReadAsync($"(while :; do exec 3<>$(readlink /run/ports/{EchoPort}); dd bs=4k <&3 >&3; exec 3<&-; sleep 0.1; done) >/dev/null 2>&1 &");
        await _vm.Console.ReadAsync($"(while :; do dd if=/dev/zero of=$(readlink /run/ports/{SourcePort}) bs=32k; sleep 0.1; done) >/dev/null 2>&1 &");
    }

    private async Task MeasureIdleAsync(string when)
    {
        await MeasureMemoryAsync(when);
        await MeasureWakeUpsAsync($"no host attached, {when}");
    }

    private async Task MeasureMemoryAsync(string when)
    {
        foreach (var (contender, process) in new[] { (Ours, "guesttune-agent"), (QemuGa, "qemu-ga") })
        {
            var (rss, anonymous) = await ProcessStatus.ReadMemoryAsync(_vm, process);
            _results.Add(new($"agent RSS, {when}", contender, rss / 1024, "MiB"));
            _results.Add(new($"agent anonymous memory, {when}", contender, anonymous / 1024, "MiB"));
        }
    }

    private async Task MeasureWakeUpsAsync(string when)
    {
        // What the last call left to do is not idleness: a timer that was cancelled still fires once.
        await Task.Delay(TimeSpan.FromSeconds(Scaled(45)));
        foreach (var (contender, process) in new[] { (Ours, "guesttune-agent"), (QemuGa, "qemu-ga") })
        {
            _results.Add(new($"wake-ups, {when}", contender, await ProcessStatus.ReadWakeUpsPerSecondAsync(_vm, process, TimeSpan.FromSeconds(Scaled(20))), "1/s"));
        }
    }

    /// <summary>Of an agent that was started for it. The first round is not counted: in it this program compiles its own side.</summary>
    private async Task MeasureFirstCallAsync()
    {
        List<double> attach = [], call = [];
        var rounds = Scaled(10);
        for (var round = 0; round <= rounds; round++)
        {
            await _vm.Console.ReadAsync("pid=$(cat /run/guesttune-agent.pid); kill -9 $pid; while [ -d /proc/$pid ]; do :; done");
            await _vm.WaitForAgentAsync();
            await using var link = OpenLink();
            Add(attach, await Clock.TimeMsAsync(async () => await link.AttachAsync(default)), counted: round > 0);
            Add(call, await Clock.TimeMsAsync(() => PingAsync(link)), counted: round > 0);
        }

        _results.Add(Measurement.OfSamples("attach to an agent that has just started", Ours, attach, "ms"));
        _results.Add(Measurement.OfSamples("first call after it", Ours, call, "ms"));
    }

    private async Task MeasurePingAsync(AgentLink link, QemuGaClient qemuGa, RawPort echo)
    {
        var attachment = await link.AttachAsync(default);
        List<double> ours = [], session = [], theirs = [], raw = [];
        var rounds = Scaled(40);
        for (var round = 0; round < rounds; round++)
        {
            // A quarter of the rounds first, uncounted: both ends compile what is hot.
            var counted = round >= rounds / 4;
            for (var i = 0; i < 50; i++)
            {
                Add(ours, await Clock.TimeMsAsync(() => PingAsync(link)), counted);
            }

            for (var i = 0; i < 50; i++)
            {
                Add(session, await Clock.TimeMsAsync(async () => await attachment.Session.PingAsync(default)), counted);
            }

            for (var i = 0; i < 50; i++)
            {
                Add(theirs, Clock.TimeMs(qemuGa.Ping), counted);
            }

            for (var i = 0; i < 50; i++)
            {
                Add(raw, Clock.TimeMs(echo.Echo), counted);
            }
        }

        _results.Add(Measurement.OfSamples("ping", Ours, ours, "ms"));
        _results.Add(Measurement.OfSamples("ping", "guesttune, session only", session, "ms"));
        _results.Add(Measurement.OfSamples("ping", QemuGa, theirs, "ms"));
        _results.Add(Measurement.OfSamples("ping", Raw, raw, "ms"));
    }

    /// <summary>The whole job: set the five parameters and read them back.</summary>
    private async Task MeasureJobAsync(AgentLink link, QemuGaClient qemuGa)
    {
        List<double> ours = [], files = [], exec = [];
        var rounds = Scaled(40);
        for (var round = 0; round < rounds; round++)
        {
            var counted = round >= rounds / 4;
            // Other values each time: nothing to do would be no job.
            var values = ValuesOf(round);
            Add(ours, await Clock.TimeMsAsync(() => ApplyAsync(link, values)), counted);
            Add(files, Clock.TimeMs(() => ApplyByFiles(qemuGa, ValuesOf(round + 1000))), counted);
            if (round % 4 == 0)
            {
                Add(exec, Clock.TimeMs(() => ApplyByExec(qemuGa, ValuesOf(round + 2000))), round > 0 || rounds <= 4);
            }
        }

        _results.Add(Measurement.OfSamples("set five parameters, read them back", Ours, ours, "ms"));
        _results.Add(Measurement.OfSamples("set five parameters, read them back", "qemu-ga guest-file-*", files, "ms"));
        _results.Add(Measurement.OfSamples("set five parameters, read them back", QemuGaExec, exec, "ms"));
    }

    private async Task MeasureBulkAsync(AgentLink link, QemuGaClient qemuGa, RawPort source)
    {
        const long size = 32L * 1024 * 1024;
        List<double> ours = [], theirs = [], raw = [];
        for (var round = 0; round < Scaled(10); round++)
        {
            Add(ours, Rate(await Clock.TimeMsAsync(() => StreamAsync(link, size))), round > 0);
            Add(theirs, Rate(Clock.TimeMs(() => qemuGa.ReadBulk("/dev/zero", size))), round > 0);
            Add(raw, Rate(Clock.TimeMs(() => source.Receive(size))), round > 0);
        }

        _results.Add(Measurement.OfSamples("bulk, guest to host", Ours, ours, "MiB/s"));
        _results.Add(Measurement.OfSamples("bulk, guest to host", "qemu-ga guest-file-read", theirs, "MiB/s"));
        _results.Add(Measurement.OfSamples("bulk, guest to host", Raw, raw, "MiB/s"));

        static double Rate(double milliseconds) => size / 1024.0 / 1024.0 / (milliseconds / 1000);
    }

    private static async Task PingAsync(AgentLink link) => await link.Client.PingAsync(new PingRequest { Payload = Google.Protobuf.ByteString.CopyFromUtf8("0123456789abcdef") });

    private static string[] ValuesOf(int round) =>
        [.. new[] { 200_000 + round, round % 7 + 1, round % 5 + 1, 50_000 + round }.Select(v => v.ToString(CultureInfo.InvariantCulture)), round % 2 == 0 ? "Y" : "N"];

    private static async Task ApplyAsync(AgentLink link, string[] values)
    {
        var request = new ApplyRequest { OperationId = Guid.NewGuid().ToString(), Desired = new Desired { Practice = "guest-idle-haltpoll" } };
        for (var i = 0; i < Parameters.Length; i++)
        {
            request.Desired.Settings.Add(Parameters[i], values[i]);
        }

        var response = await link.Client.ApplyAsync(request);
        if (response.Operation.State != OperationState.Done || response.Operation.Outcomes.Any(o => o.State != ChangeState.Verified))
        {
            throw new InvalidOperationException($"The job was not done: {response}");
        }
    }

    private static void ApplyByFiles(QemuGaClient qemuGa, string[] values)
    {
        for (var i = 0; i < Parameters.Length; i++)
        {
            qemuGa.WriteFile(ParameterDirectory + Parameters[i], values[i]);
            Check(values[i], qemuGa.ReadFile(ParameterDirectory + Parameters[i]));
        }
    }

    private static void ApplyByExec(QemuGaClient qemuGa, string[] values)
    {
        var line = string.Join("; ", Parameters.Select((p, i) => $"echo {values[i]} > {ParameterDirectory}{p} && cat {ParameterDirectory}{p}"));
        Check(string.Join('\n', values), qemuGa.ExecuteShell(line));
    }

    private static void Check(string expected, string actual)
    {
        if (actual.Trim() != expected)
        {
            throw new InvalidOperationException($"Read back {actual.Trim()} in place of {expected}.");
        }
    }

    private static async Task StreamAsync(AgentLink link, long size)
    {
        using var call = link.Client.MeasureThroughput(new MeasureThroughputRequest { SizeBytes = (ulong)size });
        long received = 0;
        await foreach (var message in call.ResponseStream.ReadAllAsync())
        {
            received += message.Data.Length;
        }

        if (received != size)
        {
            throw new InvalidOperationException($"Received {received} of {size} bytes.");
        }
    }

    private static void Add(List<double> samples, double value, bool counted)
    {
        if (counted)
        {
            samples.Add(value);
        }
    }
}
