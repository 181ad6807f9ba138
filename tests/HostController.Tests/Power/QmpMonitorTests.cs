using System.Net.Sockets;
using System.Text;
using GuestTune.Controller.Channel;
using GuestTune.Controller.Inventory;
using GuestTune.Controller.Libvirt;
using GuestTune.Controller.Power;
using GuestTune.HostController.Tests.Fakes;

namespace GuestTune.HostController.Tests.Power;

public sealed class QmpMonitorTests
{
    private const string Greeting = "{\"QMP\": {\"version\": {}, \"capabilities\": []}}\r\n";

    [Theory]
    [InlineData("running", "qmp_capabilities,query-status,system_reset")]
    [InlineData("guest-panicked", "qmp_capabilities,query-status,system_reset,cont")]
    [InlineData("paused", "qmp_capabilities,query-status,system_reset")]
    public async Task Reset_Monitor_ResetsAndLetsOnlyAGuestThatStoppedByItselfGoOn(string status, string commands)
    {
        using var directory = new TemporaryDirectory();
        var asked = new List<string>();
        var path = Serve(directory, Greeting, command =>
        {
            asked.Add(command);
            return command == "query-status"
                ? $"{{\"event\": \"RESET\"}}\n{{\"return\": {{\"status\": \"{status}\", \"running\": true}}}}\n"
                : "{\"return\": {}}\n";
        });

        await ResetAsync(path);

        Assert.Equal(commands, string.Join(',', asked));
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH\n", "cannot be used")]
    [InlineData("{\"hello\": 1}\n", "no monitor of QEMU")]
    [InlineData("[1]\n", "no JSON object")]
    [InlineData("", "closed in the middle")]
    [InlineData("LONG", "longer than 65536 bytes")]
    public async Task Reset_SomethingElseListens_SaysSo(string said, string message)
    {
        using var directory = new TemporaryDirectory();
        var path = Serve(directory, said is "LONG" ? new string('x', 100_000) : said, _ => "");

        var e = await Assert.ThrowsAsync<PowerException>(() => ResetAsync(path));

        Assert.Contains(message, e.Message, StringComparison.Ordinal);
        Assert.Contains(path, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reset_QemuRefuses_GivesItsWords()
    {
        using var directory = new TemporaryDirectory();
        var path = Serve(directory, Greeting, _ => "{\"error\": {\"class\": \"GenericError\", \"desc\": \"not now\\u001b[2J\"}}\n");

        var e = await Assert.ThrowsAsync<PowerException>(() => ResetAsync(path));

        Assert.Contains("refuses: not now\\x1b[2J", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reset_NobodyListens_SaysSo()
    {
        var e = await Assert.ThrowsAsync<PowerException>(() => ResetAsync("/nonexistent/qmp.sock"));

        Assert.Contains("/nonexistent/qmp.sock", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reset_WithoutAMonitor_SaysWhatIsMissing()
    {
        var e = await Assert.ThrowsAsync<PowerException>(() => ResetAsync(null));

        Assert.Contains("names no 'monitor' of 'vm1'", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reset_DomainThatIsNotThere_GivesLibvirtsWords()
    {
        var vm = new VmEntry("nobody", "test:///default", new SocketChannel("/run/x.sock"), TestFleet.NoLabels);

        var e = await Assert.ThrowsAsync<PowerException>(() => new VmPower(new LibvirtClients(TimeProvider.System), new CallClock()).ResetAsync(vm, default));

        Assert.Contains("test:///default does not reset 'nobody'", e.Message, StringComparison.Ordinal);
        Assert.Contains("not found", e.Message, StringComparison.OrdinalIgnoreCase);
    }

    private static Task ResetAsync(string? monitor) =>
        new VmPower(new LibvirtClients(TimeProvider.System), new CallClock()).ResetAsync(new VmEntry("vm1", "inventory", new SocketChannel("/run/x.sock"), TestFleet.NoLabels, Monitor: monitor), default);

    private static string Serve(TemporaryDirectory directory, string greeting, Func<string, string> answer)
    {
        var path = directory.PathOf("qmp.sock");
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        _ = ServeAsync();
        return path;

        async Task ServeAsync()
        {
            using (listener)
            {
                using var client = await listener.AcceptAsync();
                await client.SendAsync(Encoding.UTF8.GetBytes(greeting));
                if (greeting.Length == 0)
                {
                    return;
                }

                using var reader = new StreamReader(new NetworkStream(client));
                while (await reader.ReadLineAsync() is { } line)
                {
                    var command = System.Text.Json.JsonDocument.Parse(line).RootElement.GetProperty("execute").GetString()!;
                    await client.SendAsync(Encoding.UTF8.GetBytes(answer(command)));
                }
            }
        }
    }
}
