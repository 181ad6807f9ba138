using System.Net.Sockets;
using System.Text;

namespace GuestTune.Testing;

/// <summary>
/// A root shell in the guest on its second serial port: by it a test sees what the guest's kernel holds without any part of the product.
/// </summary>
/// <remarks>The guest's side, and the form of requests and answers, are in Guest/console.</remarks>
public sealed class GuestConsole : IAsyncDisposable
{
    private const int MaxCommandBytes = 2500; // With base64 below the 4,096 bytes that a raw terminal keeps unread.
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan AcceptTimeout = TimeSpan.FromSeconds(5);

    private readonly Socket _socket;
    private readonly StreamReader _reader;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly string _idPrefix = Guid.NewGuid().ToString("N")[..8];
    private int _lastId;

    private GuestConsole(Socket socket)
    {
        _socket = socket;
        // Latin-1 maps bytes to characters one to one: sizes count both, and text is decoded afterwards.
        _reader = new StreamReader(new NetworkStream(socket), Encoding.Latin1);
    }

    public static async Task<GuestConsole> ConnectAsync(string path, CancellationToken cancellationToken = default)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            return new GuestConsole(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Runs a command line of the guest's shell; output and errors come as one text.</summary>
    /// <param name="timeout">After it the guest kills the command (exit code 137), and a little later this call gives up.</param>
    public async Task<CommandResult> ExecuteAsync(string command, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        var bytes = Encoding.UTF8.GetBytes(command);
        if (bytes.Length > MaxCommandBytes)
        {
            throw new ArgumentException($"The command has {bytes.Length} bytes, at most {MaxCommandBytes} are allowed.", nameof(command));
        }

        var limit = timeout ?? DefaultTimeout;
        await _turn.WaitAsync(cancellationToken);
        try
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            deadline.CancelAfter(limit + TimeSpan.FromSeconds(15));
            var id = $"{_idPrefix}-{++_lastId}";
            var text = Convert.ToBase64String(bytes);
            var request = $"\nrun {id} {Math.Ceiling(limit.TotalSeconds)} {text.Length} {text}\n";
            return await ExchangeAsync(id, Encoding.ASCII.GetBytes(request), deadline.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TestVmException($"The guest's console did not answer '{command}' within {limit.TotalSeconds:0} s.", e);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>The output of a command that must succeed, without its last newline.</summary>
    public async Task<string> ReadAsync(string command, TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        (await ExecuteAsync(command, timeout, cancellationToken)).ThrowIfFailed(command).Text;

    /// <summary>Waits until the guest has booted; gives the boot id (/proc/sys/kernel/random/boot_id).</summary>
    public async Task<string> WaitForBootAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            while (true)
            {
                if ((await ReadLineAsync(cancellationToken)).Split(' ') is ["@ready", var bootId])
                {
                    return bootId;
                }
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        _reader.Dispose();
        _turn.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<CommandResult> ExchangeAsync(string id, byte[] request, CancellationToken cancellationToken)
    {
        using var accepted = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var sending = SendUntilAcceptedAsync(request, accepted.Token);
        try
        {
            while (true)
            {
                // Answers to requests that were given up, of this client or one before it, are passed over.
                switch ((await ReadLineAsync(cancellationToken)).Split(' '))
                {
                    case ["@accepted", var found] when found == id:
                        await accepted.CancelAsync();
                        break;
                    case ["@result", var found, var code, var size] when found == id:
                        return new CommandResult(int.Parse(code), await ReadOutputAsync(int.Parse(size), cancellationToken));
                }
            }
        }
        finally
        {
            await accepted.CancelAsync();
            await sending;
        }
    }

    // Seen on busy machines: a request that the serial line lost. The guest runs no id twice.
    private async Task SendUntilAcceptedAsync(byte[] request, CancellationToken accepted)
    {
        try
        {
            while (true)
            {
                await _socket.SendAsync(request, accepted);
                await Task.Delay(AcceptTimeout, accepted);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            // Accepted or given up; a socket that broke is what the reader finds as well.
        }
    }

    private async Task<string> ReadOutputAsync(int sizeBytes, CancellationToken cancellationToken)
    {
        var output = new char[sizeBytes];
        if (output.Length > 0)
        {
            // Asked for nothing, it would still wait for something.
            await _reader.ReadBlockAsync(output, cancellationToken);
        }

        return Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(output));
    }

    private async Task<string> ReadLineAsync(CancellationToken cancellationToken) =>
        await _reader.ReadLineAsync(cancellationToken) ?? throw new TestVmException("QEMU has closed the guest's console.");
}
