using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json;
using GuestTune.Agent.QemuGa;
using GuestTune.Agent.Systemd;
using GuestTune.Practices.Commands;
using GuestTune.Practices.Files;
using GuestTune.Testing;

namespace GuestTune.Agent.Tests.QemuGa;

/// <summary>What is believed about qemu-ga, asked of the one that Debian has.</summary>
public sealed class RealQemuGaTests
{
    private const string Path = "/usr/sbin/qemu-ga";

    private static readonly RootedFileSystem Files = new("/");

    /// <summary>No limit passes: on a machine that stands still for a while qemu-ga would have nothing to say.</summary>
    private readonly QemuGaProgram _program = new(Files, new CommandRunner(Files, new ManualTime()));

    [Fact]
    public void Program_AnswersAboutItself()
    {
        SkipWithoutQemuGa();

        Assert.Matches(@"^\d+\.\d+", _program.ReadVersion());
        Assert.Contains("guest-exec", _program.ReadCommands());
        Assert.Equal("--block-rpcs", _program.ReadSpelling()?.Block);
        Assert.Null(_program.WhyRefused(["--block-rpcs=guest-exec", "-F/etc/hook"]));
        Assert.Contains("unrecognized option '--bogus'", _program.WhyRefused(["--bogus"]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("qemu-ga", "guest-exec,guest-file-open", "guest-exec guest-file-open", "")]
    [InlineData("qemu-ga --block-rpcs=guest-file-read", "guest-exec", "guest-exec guest-file-read", "")]
    [InlineData("qemu-ga --block-rpcs=guest-file-read guest-file-close", "guest-exec", "guest-exec guest-file-read", "guest-file-close")]
    [InlineData("qemu-ga -vb guest-file-read 'guest-file-close'", "guest-exec", "guest-exec guest-file-read", "guest-file-close")]
    [InlineData("qemu-ga '--block-rpcs=guest-file-read guest-file-close'", "guest-exec", "guest-exec", "guest-file-close guest-file-read")]
    public async Task Process_StartedAsTheDropInHasIt_BlocksWhatItsArgumentsAreReadTo(string unit, string list, string blocked, string meantOnly)
    {
        SkipWithoutQemuGa();
        Assert.SkipUnless(string.Equals(Environment.UserName, "root", StringComparison.Ordinal), "needs root, since nobody else's qemu-ga is believed");
        var none = new Dictionary<string, string>(StringComparer.Ordinal);
        var command = BlockListDropIn.CommandFor(ExecCommand.Parse(unit, none), _program.ReadSpelling()!, RpcLists.Split(list));
        var directory = Directory.CreateTempSubdirectory("guesttune-qga-");
        var socket = System.IO.Path.Combine(directory.FullName, "s");
        string[] own = ["-m", "unix-listen", "-p", socket, "-t", directory.FullName, "-f", System.IO.Path.Combine(directory.FullName, "pid")];
        var words = ExecCommand.Parse(command, none).Words.ToArray();
        using var process = Process.Start(new ProcessStartInfo(Path, [.. words, .. own]) { UseShellExecute = false })!;
        try
        {
            ServedSocket.WaitFor(socket, () => !process.HasExited);
            using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await client.ConnectAsync(new UnixDomainSocketEndPoint(socket));
            var read = QemuGaProcess.Read(Files, process.Id);
            Assert.Equal([.. words, .. own], read!.Words);
            Assert.Equal(Path, read.Program);
            var commands = _program.ReadCommands();
            var arguments = QemuGaArguments.Parse(read.Words);
            Assert.Equal(blocked, string.Join(' ', arguments.Lists.Effective(commands)));

            // Some builds have commands that nobody can use: those are disabled without any list.
            var unlisted = _program.ReadCommands().Except(arguments.Lists.Effective(commands), StringComparer.Ordinal);
            var disabled = await DisabledAsync(client);
            Assert.Equal(blocked.Split(' '), blocked.Split(' ').Intersect(disabled, StringComparer.Ordinal));
            Assert.All(meantOnly.Split(' ', StringSplitOptions.RemoveEmptyEntries), c => Assert.DoesNotContain(c, disabled));
            Assert.Contains("guest-ping", unlisted);
            Assert.Contains("has been disabled", await AskAsync(client, "{\"execute\":\"guest-exec\",\"arguments\":{\"path\":\"/bin/true\"}}\n"), StringComparison.Ordinal);
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync();
            directory.Delete(recursive: true);
        }
    }

    private static void SkipWithoutQemuGa() => Assert.SkipUnless(File.Exists(Path), "qemu-ga is not installed (package qemu-guest-agent)");

    private static async Task<List<string>> DisabledAsync(Socket socket)
    {
        using var answer = JsonDocument.Parse(await AskAsync(socket, "{\"execute\":\"guest-info\"}\n"));
        return [.. answer.RootElement.GetProperty("return").GetProperty("supported_commands").EnumerateArray()
            .Where(c => !c.GetProperty("enabled").GetBoolean()).Select(c => c.GetProperty("name").GetString()!)];
    }

    private static async Task<string> AskAsync(Socket socket, string question)
    {
        await socket.SendAsync(System.Text.Encoding.ASCII.GetBytes(question));
        var buffer = new byte[65_536];
        var length = 0;
        while (length == 0 || buffer[length - 1] != (byte)'\n')
        {
            length += await socket.ReceiveAsync(buffer.AsMemory(length));
        }

        return System.Text.Encoding.UTF8.GetString(buffer, 0, length);
    }
}
