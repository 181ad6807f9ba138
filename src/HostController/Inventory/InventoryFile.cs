namespace GuestTune.Controller.Inventory;

/// <summary>The inventory file as a source; read again only when the file has changed.</summary>
internal sealed class InventoryFile(string path) : IVmSource
{
    // 1,000 VMs take about 100 KiB; this only keeps a wrong path (a disk image) from filling the memory.
    private const long MaxSizeBytes = 16 * 1024 * 1024;

    private readonly Lock _lock = new();
    private IReadOnlyList<VmEntry>? _vms;
    private (DateTime ModifiedAt, long SizeBytes) _version;

    public string Name => $"inventory {path}";

    public ValueTask<IReadOnlyList<VmEntry>> ListAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            try
            {
                var file = new FileInfo(path);
                if (!file.Exists)
                {
                    throw new VmSourceException(
                        Directory.Exists(path) ? $"inventory {path} is a directory; give the path of a YAML file" : $"inventory {path}: no such file");
                }

                if (file.Length > MaxSizeBytes)
                {
                    throw new VmSourceException($"inventory {path} has {file.Length} bytes; at most {MaxSizeBytes} are read");
                }

                var version = (file.LastWriteTimeUtc, file.Length);
                if (_vms is null || version != _version)
                {
                    using var text = file.OpenText();
                    _vms = InventoryParser.Parse(path, text);
                    _version = version;
                }

                return ValueTask.FromResult(_vms);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new VmSourceException($"inventory {path} cannot be read: {e.Message}", e);
            }
        }
    }
}
