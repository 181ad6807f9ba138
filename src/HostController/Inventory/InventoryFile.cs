using System.Text;

namespace GuestTune.Controller.Inventory;

/// <summary>The inventory file as a source; read again only when the file has changed.</summary>
internal sealed class InventoryFile(string path) : IVmSource
{
    // 1,000 VMs take about 100 KiB; this only keeps a wrong path (a disk image) from filling the memory.
    private const long MaxSizeBytes = 16 * 1024 * 1024;

    // A name with a byte that is no UTF-8 would become another name.
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

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

                var version = (file.LastWriteTimeUtc, file.Length);
                if (_vms is null || version != _version)
                {
                    using var text = new StreamReader(Read(file), StrictUtf8);
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

    // The size that the file system says is no bound: a pipe and /dev/zero have none.
    private MemoryStream Read(FileInfo file)
    {
        var content = new MemoryStream();
        using var source = file.OpenRead();
        var buffer = new byte[81_920];
        int count;
        while ((count = source.Read(buffer)) > 0)
        {
            content.Write(buffer, 0, count);
            if (content.Length > MaxSizeBytes)
            {
                throw new VmSourceException($"inventory {path} is too large: at most {MaxSizeBytes} bytes are read; is it the right file?");
            }
        }

        content.Position = 0;
        return content;
    }
}
