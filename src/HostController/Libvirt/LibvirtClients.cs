namespace GuestTune.Controller.Libvirt;

/// <summary>The libvirts that a controller asks, each connected once for reading and once for writing by all who ask it.</summary>
internal sealed class LibvirtClients(TimeProvider time) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Uri, LibvirtAccess Access), LibvirtClient> _clients = [];

    public LibvirtClient Get(string uri, LibvirtAccess access)
    {
        lock (_lock)
        {
            if (!_clients.TryGetValue((uri, access), out var client))
            {
                client = new LibvirtClient(uri, access, time);
                _clients.Add((uri, access), client);
            }

            return client;
        }
    }

    public async ValueTask DisposeAsync()
    {
        LibvirtClient[] clients;
        lock (_lock)
        {
            clients = [.. _clients.Values];
            _clients.Clear();
        }

        await Task.WhenAll(clients.Select(c => c.DisposeAsync().AsTask()));
    }
}
