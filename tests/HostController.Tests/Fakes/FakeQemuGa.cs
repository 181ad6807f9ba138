using System.Net.Sockets;
using System.Text;

namespace GuestTune.HostController.Tests.Fakes;

/// <summary>The host's socket of a qemu-ga port: each line of a client is answered with whatever the test says.</summary>
internal sealed class FakeQemuGa : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;

    /// <param name="answer">Of one line, without the sentinel in front; null ends the connection.</param>
    /// <param name="greeting">What an earlier client left unread.</param>
    public FakeQemuGa(string path, Func<string, byte[]?> answer, byte[]? greeting = null)
    {
        Path = path;
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen();
        _serving = ServeAsync(answer, greeting ?? []);
    }

    public string Path { get; }

    public List<string> Questions { get; } = [];

    /// <summary>As qemu-ga answers guest-sync and guest-sync-delimited.</summary>
    public static byte[]? Synchronized(string question)
    {
        var id = question.Split("\"id\":")[1].TrimEnd('}', ' ');
        byte[] answer = [.. Encoding.ASCII.GetBytes($"{{\"return\": {id}}}\n")];
        return question.Contains("delimited", StringComparison.Ordinal) ? [0xff, .. answer] : answer;
    }

    public static byte[] Line(string text) => Encoding.UTF8.GetBytes(text + "\n");

    public static byte[] Disabled(string command) => Line($$$"""{"error": {"class": "CommandNotFound", "desc": "Command {{{command}}} has been disabled"}}""");

    public static byte[] Info(params (string Name, bool Enabled)[] commands)
        => Line($$$"""{"return": {"version": "7.2.22", "supported_commands": [{{{string.Join(", ", commands.Select(c => $"{{\"enabled\": {(c.Enabled ? "true" : "false")}, \"name\": \"{c.Name}\", \"success-response\": true}}"))}}}]}}""");

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task ServeAsync(Func<string, byte[]?> answer, byte[] greeting)
    {
        while (true)
        {
            using var client = await _listener.AcceptAsync(_stop.Token);
            await using var stream = new NetworkStream(client);
            await stream.WriteAsync(greeting, _stop.Token);
            using var reader = new StreamReader(stream, Encoding.Latin1);
            while (await reader.ReadLineAsync(_stop.Token) is { } line)
            {
                var question = line.TrimStart('\u00ff');
                Questions.Add(question);
                if (answer(question) is not { } bytes)
                {
                    break;
                }

                // In two pieces, as a port may deliver it.
                await stream.WriteAsync(bytes.AsMemory(0, bytes.Length / 2), _stop.Token);
                await Task.Yield();
                await stream.WriteAsync(bytes.AsMemory(bytes.Length / 2), _stop.Token);
            }
        }
    }
}
