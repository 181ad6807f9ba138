using System.Reflection;

namespace GuestTune.Grpc.Tests.Interop;

/// <summary>An official implementation of gRPC that these tests talk to. Prepared once, when the first test needs it.</summary>
public abstract class Peer : IAsyncLifetime
{
    private readonly SemaphoreSlim _once = new(1, 1);
    private bool _isPrepared;
    private PeerProcess? _server;
    private Uri? _serverAddress;

    /// <summary>Why the peer cannot be used on this machine; null when it can.</summary>
    protected abstract string? Problem { get; }

    private protected static string ProjectDirectory { get; } = typeof(Peer).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "ProjectDirectory")
        .Value!;

    /// <summary>Address of the peer's server, which is started when it is first asked for.</summary>
    public async Task<Uri> GetServerAddressAsync()
    {
        await PrepareOnceAsync();
        await _once.WaitAsync();
        try
        {
            if (_serverAddress is null)
            {
                _server = StartServer();
                _serverAddress = new Uri($"http://127.0.0.1:{await _server.ReadPortAsync()}");
            }

            return _serverAddress;
        }
        finally
        {
            _once.Release();
        }
    }

    /// <summary>Runs a case with the peer as the client; fails if the peer says that it did.</summary>
    public async Task RunClientAsync(Uri server, string testCase)
    {
        await PrepareOnceAsync();
        await RunClientCoreAsync(server, testCase);
    }

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        await CleanUpAsync();
        _once.Dispose();
        GC.SuppressFinalize(this);
    }

    protected abstract Task PrepareAsync();

    protected virtual ValueTask CleanUpAsync() => default;

    private protected abstract PeerProcess StartServer();

    protected abstract Task RunClientCoreAsync(Uri server, string testCase);

    private protected static string? FindProgram(string name) => (Environment.GetEnvironmentVariable("PATH") ?? string.Empty)
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Select(directory => Path.Combine(directory, name))
        .FirstOrDefault(File.Exists);

    private async Task PrepareOnceAsync()
    {
        Assert.SkipWhen(Problem is not null, Problem ?? string.Empty);
        await _once.WaitAsync();
        try
        {
            if (!_isPrepared)
            {
                await PrepareAsync();
                _isPrepared = true;
            }
        }
        finally
        {
            _once.Release();
        }
    }
}
