using GuestTune.Controller.Libvirt;
using GuestTune.Controller.QemuGa;
using GuestTune.HostController.Tests.Fakes;

namespace GuestTune.HostController.Tests.QemuGa;

public sealed class QemuGaClientTests
{
    private static readonly byte[] Answer = FakeQemuGa.Info(("guest-exec", false), ("guest-ping", true));

    [Fact]
    public async Task AskInfo_LeftoversInThePort_AreNotTakenForTheAnswer()
    {
        // A torn answer, a whole one to somebody else's guest-info, and qemu-ga's complaint about the sentinel.
        byte[] leftovers = [.. "nabled\": true}]}}\n"u8, .. FakeQemuGa.Info(("guest-exec", true)), .. FakeQemuGa.Line("{\"return\": 5}"), .. FakeQemuGa.Line("{\"error\": {\"class\": \"GenericError\", \"desc\": \"JSON parse error, stray 'x'\"}}"), .. "{\"ret"u8];

        var info = await AskAsync(q => q.Contains("guest-sync", StringComparison.Ordinal) ? FakeQemuGa.Synchronized(q) : Answer, leftovers);

        Assert.Equal("7.2.22", info.Version);
        Assert.Equal((2, false, true), (info.IsEnabled.Count, info.IsEnabled["guest-exec"], info.IsEnabled["guest-ping"]));
    }

    [Theory]
    [InlineData("guest-sync-delimited")]
    [InlineData("guest-sync-delimited guest-sync")]
    public async Task AskInfo_SyncIsBlocked_DoesWithout(string blocked)
    {
        var info = await AskAsync(q => blocked.Split(' ').FirstOrDefault(b => q.Contains($"\"{b}\"", StringComparison.Ordinal)) is { } command ? FakeQemuGa.Disabled(command)
            : q.Contains("guest-sync", StringComparison.Ordinal) ? FakeQemuGa.Synchronized(q) : Answer);

        Assert.False(info.IsEnabled["guest-exec"]);
    }

    [Theory]
    [InlineData("{\"error\": {\"desc\": \"Command guest-info has been disabled\"}}", "guest-info itself is blocked")]
    [InlineData("{\"error\": {\"desc\": \"no\\u001b[2J\"}}", @"guest-info failed: no\x1b[2J")]
    [InlineData("{\"return\": {}}", "has no list of commands")]
    [InlineData("{\"return\": {\"supported_commands\": {}}}", "has no list of commands")]
    [InlineData("{\"return\": []}", "has no list of commands")]
    [InlineData("[]", "has no list of commands")]
    [InlineData("7", "has no list of commands")]
    [InlineData("{\"return\": {\"supported_commands\": [7]}}", "a command without a name or a state")]
    [InlineData("{\"return\": {\"supported_commands\": [{\"name\": \"guest-exec\", \"enabled\": \"false\"}]}}", "a command without a name or a state")]
    [InlineData("{\"return\": {\"supported_commands\": [{\"name\": \"a\", \"enabled\": false}, {\"name\": \"a\", \"enabled\": true}]}}", "or one twice")]
    [InlineData("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", "has no list of commands")]
    [InlineData("not JSON", "has no list of commands")]
    public async Task AskInfo_OtherAnswer_IsRefused(string answer, string expected)
    {
        var e = await Assert.ThrowsAsync<QemuGaException>(() => AskAsync(q => q.Contains("guest-sync", StringComparison.Ordinal) ? FakeQemuGa.Synchronized(q) : FakeQemuGa.Line(answer)));

        Assert.Contains(expected, e.Message);
    }

    [Fact]
    public async Task AskInfo_EndlessAnswers_AreBounded()
    {
        var line = await Assert.ThrowsAsync<QemuGaException>(() => AskAsync(_ => new byte[400_000]));
        var lines = await Assert.ThrowsAsync<QemuGaException>(() => AskAsync(_ => FakeQemuGa.Line(string.Concat(Enumerable.Repeat("{}\n", 200)))));
        var commands = await Assert.ThrowsAsync<QemuGaException>(() => AskAsync(q => q.Contains("guest-sync", StringComparison.Ordinal) ? FakeQemuGa.Synchronized(q)
            : FakeQemuGa.Line("{\"return\": {\"supported_commands\": [" + string.Join(',', Enumerable.Repeat("0", 1001)) + "]}}")));
        var ended = await Assert.ThrowsAsync<QemuGaException>(() => AskAsync(_ => null));

        Assert.Contains("262144 bytes without an end of line", line.Message);
        Assert.Contains("it sent 100 lines", lines.Message);
        Assert.Contains("1001 commands; at most 1000", commands.Message);
        Assert.Contains("it ended the connection", ended.Message);
    }

    [Fact]
    public async Task AskInfo_NoSocket_SaysSo()
    {
        var e = await Assert.ThrowsAsync<QemuGaException>(() => new QemuGaClient(new LibvirtClients(TimeProvider.System)).AskInfoAsync(new QemuGaSocketAddress("/nonexistent/socket"), default));

        Assert.Contains("Cannot assign requested address", e.Message);
    }

    [Fact]
    public async Task AskInfo_LibvirtThatCannot_GivesItsWords()
    {
        Assert.SkipUnless(File.Exists("/usr/lib/x86_64-linux-gnu/libvirt-qemu.so.0") || File.Exists("/usr/lib/aarch64-linux-gnu/libvirt-qemu.so.0"), "libvirt0 is not installed");

        var domain = await Assert.ThrowsAsync<QemuGaException>(() => new QemuGaClient(new LibvirtClients(TimeProvider.System)).AskInfoAsync(new QemuGaLibvirtAddress("test:///default", "nobody"), default));
        var driver = await Assert.ThrowsAsync<QemuGaException>(() => new QemuGaClient(new LibvirtClients(TimeProvider.System)).AskInfoAsync(new QemuGaLibvirtAddress("test:///default", "test"), default));

        Assert.Contains("Domain not found", domain.Message);
        Assert.Contains("not supported by the connection driver: virDomainQemuAgentCommand", driver.Message);
    }

    private static async Task<GuestInfo> AskAsync(Func<string, byte[]?> answer, byte[]? leftovers = null)
    {
        using var directory = new TemporaryDirectory();
        await using var qemuGa = new FakeQemuGa(directory.PathOf("qga.sock"), answer, leftovers);
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        return await new QemuGaClient(new LibvirtClients(TimeProvider.System)).AskInfoAsync(new QemuGaSocketAddress(qemuGa.Path), limit.Token);
    }
}
