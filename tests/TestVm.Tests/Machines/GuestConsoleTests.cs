using System.Net.Sockets;
using System.Text;

namespace GuestTune.Testing.Tests.Machines;

/// <summary>The host's side of the console against a guest that this test plays.</summary>
public sealed class GuestConsoleTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    public GuestConsoleTests()
    {
        _listener.Bind(new UnixDomainSocketEndPoint(SocketPath));
        _listener.Listen();
    }

    private string SocketPath => Path.Combine(_folder.FullName, "console.sock");

    [Fact]
    public async Task ExecuteAsync_RequestLostOnce_IsAskedAgainWithTheSameId()
    {
        await using var console = await GuestConsole.ConnectAsync(SocketPath);
        using var guest = new StreamReader(new NetworkStream(await _listener.AcceptAsync(), ownsSocket: true));
        var running = console.ExecuteAsync("echo hello");

        var first = await ReadRequestAsync(guest);
        var second = await ReadRequestAsync(guest);
        await SendAsync(guest, $"\n@accepted {second[1]}\n\n@result {second[1]} 3 6\nhello\n");

        Assert.Equal(first, second);
        Assert.Equal(new CommandResult(3, "hello\n"), await running);
    }

    [Fact]
    public async Task ExecuteAsync_AnswersToOthersAndTheRestOfABoot_ArePassedOver()
    {
        await using var console = await GuestConsole.ConnectAsync(SocketPath);
        using var guest = new StreamReader(new NetworkStream(await _listener.AcceptAsync(), ownsSocket: true));
        var running = console.ExecuteAsync("printf 'höhe 1'");

        var request = await ReadRequestAsync(guest);
        await SendAsync(guest, $"\n@ready 0-1\n\n@result other 0 9\n@result x\n\n@accepted {request[1]}\n@result {request[1]} 0 7\nhöhe 1");

        Assert.Equal("höhe 1", (await running).Output);
        Assert.Equal("printf 'höhe 1'", Encoding.UTF8.GetString(Convert.FromBase64String(request[4])));
        Assert.Equal(request[4].Length, int.Parse(request[3]));
    }

    public void Dispose()
    {
        _listener.Dispose();
        _folder.Delete(recursive: true);
    }

    private static async Task<string[]> ReadRequestAsync(StreamReader guest)
    {
        while (true)
        {
            if (await guest.ReadLineAsync() is { Length: > 0 } line)
            {
                return line.Split(' ');
            }
        }
    }

    private static async Task SendAsync(StreamReader guest, string text) => await guest.BaseStream.WriteAsync(Encoding.UTF8.GetBytes(text));
}
