using System.Text;

namespace GuestTune.Testing;

/// <summary>Writes an archive of the "newc" form, which is what the kernel unpacks as its first root (initramfs).</summary>
/// <remarks>Documentation/driver-api/early-userspace/buffer-format.rst of the kernel. Times and owners are 0: same input, same bytes.</remarks>
internal sealed class CpioWriter(Stream stream) : IDisposable
{
    private const int TypeFolder = 0x4000;
    private const int TypeFile = 0x8000;
    private const int TypeLink = 0xA000;

    private readonly HashSet<string> _folders = new(StringComparer.Ordinal) { "" };
    private int _nextInode = 1;
    private long _position;

    public void AddFile(string path, ReadOnlySpan<byte> data, int mode) => Add(path, TypeFile | mode, data);

    public void AddLink(string path, string target) => Add(path, TypeLink | 0x1FF, Encoding.UTF8.GetBytes(target));

    public void AddFolder(string path)
    {
        path = path.Trim('/');
        if (!_folders.Contains(path))
        {
            AddParents(path);
            _folders.Add(path);
            AddEntry(path, TypeFolder | 0x1ED, []);
        }
    }

    public void Dispose() => AddEntry("TRAILER!!!", 0, []);

    private void Add(string path, int mode, ReadOnlySpan<byte> data)
    {
        path = path.Trim('/');
        AddParents(path);
        AddEntry(path, mode, data);
    }

    private void AddParents(string path)
    {
        if (path.LastIndexOf('/') is > 0 and var slash)
        {
            AddFolder(path[..slash]);
        }
    }

    private void AddEntry(string name, int mode, ReadOnlySpan<byte> data)
    {
        var nameBytes = Encoding.UTF8.GetBytes(name + '\0');
        int[] fields = [_nextInode++, mode, 0, 0, 1, 0, data.Length, 0, 0, 0, 0, nameBytes.Length, 0];
        Write(Encoding.ASCII.GetBytes("070701" + string.Concat(fields.Select(f => f.ToString("X8")))));
        Write(nameBytes);
        Pad();
        Write(data);
        Pad();
    }

    private void Write(ReadOnlySpan<byte> data)
    {
        stream.Write(data);
        _position += data.Length;
    }

    private void Pad() => Write(new byte[(4 - (_position % 4)) % 4]);
}
