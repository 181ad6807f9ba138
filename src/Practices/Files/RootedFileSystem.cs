using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;

namespace GuestTune.Practices.Files;

/// <summary>
/// The file system below a root directory, addressed by the paths that the running system would use. Symbolic links are
/// followed as chroot(2) would follow them: an absolute target and <c>..</c> stay inside the root.
/// </summary>
/// <remarks>A root other than <c>/</c> is for offline trees and tests: nobody is expected to swap links there meanwhile.</remarks>
public sealed class RootedFileSystem
{
    /// <summary>As MAXSYMLINKS in the kernel (include/linux/namei.h).</summary>
    private const int MaximumLinks = 40;

    private const int BufferSizeBytes = 4096;
    private const uint DirectoryMode = 0x1ed; // 0755

    private readonly bool _isSystemRoot;

    /// <exception cref="ArgumentException">The root is not an existing directory.</exception>
    public RootedFileSystem(string root)
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        if (!Directory.Exists(root))
        {
            throw new ArgumentException($"the root '{root}' is not a directory; give the top of a file system tree, usually /", nameof(root));
        }

        Root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        _isSystemRoot = string.Equals(Root, "/", StringComparison.Ordinal);
    }

    public string Root { get; }

    /// <summary>Whether this is the running system itself, so that what the processor says belongs to it.</summary>
    public bool IsSystemRoot => _isSystemRoot;

    /// <summary>Never throws for what the file system says.</summary>
    /// <param name="maximumBytes">A larger file is a problem, not an answer.</param>
    public FileReading ReadText(string path, int maximumBytes = 64 * 1024) => Read(path, maximumBytes, Encoding.UTF8);

    /// <summary>One char for each byte, so that what is not edited keeps its bytes.</summary>
    public FileReading ReadBytesAsLatin1(string path, int maximumBytes = 64 * 1024) => Read(path, maximumBytes, Encoding.Latin1);

    public bool FileExists(string path) => FileStatus.TryGet(ResolveToRead(path), followLinks: _isSystemRoot, out var status) == 0 && !status.IsDirectory;

    public bool DirectoryExists(string path) => FileStatus.TryGet(ResolveToRead(path), followLinks: _isSystemRoot, out var status) == 0 && status.IsDirectory;

    /// <returns>Of a link those of the link itself; null where it is missing, or cannot be looked at.</returns>
    public FileRights? ReadRights(string path) => FileStatus.TryGet(Path.Combine(ResolveToRead(Path.GetDirectoryName(path)!), Path.GetFileName(path)), followLinks: false, out var status) == 0
        ? new FileRights(status.User, status.Group, status.Permissions, status.IsDirectory, status.IsSymbolicLink)
        : null;

    /// <summary>The names of at most <paramref name="maximumCount"/> files, sorted by their bytes.</summary>
    public IReadOnlyList<string> ListNames(string directory, string suffix, int maximumCount = 512)
    {
        var names = new List<string>();
        if (!DirectoryExists(directory))
        {
            // Usual, and an exception would cost more than all the rest.
            return names;
        }

        try
        {
            foreach (var entry in Directory.EnumerateFileSystemEntries(ResolveToRead(directory), "*" + suffix))
            {
                if (names.Count == maximumCount)
                {
                    break;
                }

                names.Add(Path.GetFileName(entry));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return names;
        }

        names.Sort(StringComparer.Ordinal);
        return names;
    }

    /// <summary>Makes one directory, below one that exists, unless it is there.</summary>
    /// <exception cref="FileProblemException">It could not be made.</exception>
    public void CreateDirectory(string path)
    {
        var directory = Resolve(path);
        if (Libc.MakeDirectory(directory, DirectoryMode) == 0)
        {
            NativeFile.SyncDirectory(Path.GetDirectoryName(directory)!);
        }
        else if (Marshal.GetLastPInvokeError() is var errno and not Errno.Exists)
        {
            throw FileProblemException.For("create", directory, errno);
        }
    }

    /// <summary>Takes a directory away that is empty; any other stays.</summary>
    public void RemoveEmptyDirectory(string path)
    {
        var directory = Resolve(path);
        if (Libc.RemoveDirectory(directory) == 0)
        {
            NativeFile.SyncDirectory(Path.GetDirectoryName(directory)!);
        }
    }

    /// <summary>The path on this machine, with every symbolic link followed inside the root; the last part need not exist.</summary>
    /// <exception cref="FileProblemException">Too many links.</exception>
    public string Resolve(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var pending = new Stack<string>();
        PushParts(pending, path);
        var resolved = new List<string>();
        var links = 0;
        while (pending.TryPop(out var part))
        {
            if (part is "..")
            {
                if (resolved.Count > 0)
                {
                    resolved.RemoveAt(resolved.Count - 1);
                }

                continue;
            }

            resolved.Add(part);
            var target = new FileInfo(Combine(resolved)).LinkTarget;
            if (target is null)
            {
                continue;
            }

            if (++links > MaximumLinks)
            {
                throw FileProblemException.For("follow", path, Errno.TooManyLinks);
            }

            resolved.RemoveAt(resolved.Count - 1);
            if (target.StartsWith('/'))
            {
                resolved.Clear();
            }

            PushParts(pending, target);
        }

        return Combine(resolved);
    }

    /// <summary>The kernel follows links itself where the root is the system's own.</summary>
    internal string ResolveToRead(string path)
    {
        if (_isSystemRoot)
        {
            return path;
        }

        try
        {
            return Resolve(path);
        }
        catch (FileProblemException)
        {
            // A name that no file has: the caller reads "no such file".
            return Root + "/.too-many-links/.";
        }
    }

    private static void PushParts(Stack<string> pending, string path)
    {
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        for (var i = parts.Length - 1; i >= 0; i--)
        {
            if (parts[i] is not ".")
            {
                pending.Push(parts[i]);
            }
        }
    }

    private string Combine(List<string> parts) => (_isSystemRoot ? string.Empty : Root) + "/" + string.Join('/', parts);

    private unsafe FileReading Read(string path, int maximumBytes, Encoding encoding)
    {
        // O_NONBLOCK: a FIFO planted where a file is expected must not stop us.
        using var file = Libc.Open(ResolveToRead(path), Libc.ReadOnly | Libc.CloseOnExec | Libc.NonBlocking, 0);
        if (file.IsInvalid)
        {
            return Failed(Marshal.GetLastPInvokeError());
        }

        // sysfs gives a whole value in one read (Documentation/filesystems/sysfs.rst): asking for its end is a call for nothing.
        var isWholeAtOnce = path.StartsWith("/sys/", StringComparison.Ordinal);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSizeBytes);
        try
        {
            var length = 0;
            while (true)
            {
                if (length == buffer.Length)
                {
                    var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
                    buffer.CopyTo(larger, 0);
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = larger;
                }

                nint count;
                fixed (byte* start = &buffer[length])
                {
                    count = Libc.Read(file, start, buffer.Length - length);
                }

                if (count < 0)
                {
                    var errno = Marshal.GetLastPInvokeError();
                    if (errno == Errno.Interrupted)
                    {
                        continue;
                    }

                    return Failed(errno);
                }

                length += (int)count;
                if (length > maximumBytes)
                {
                    return new FileReading(null, $"larger than {maximumBytes} bytes", IsMissing: false);
                }

                if (count == 0 || (isWholeAtOnce && length < BufferSizeBytes))
                {
                    return new FileReading(encoding.GetString(buffer, 0, length), null, IsMissing: false);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static FileReading Failed(int errno) => errno is Errno.NoEntry or Errno.NotDirectory
        ? new FileReading(null, "no such file", IsMissing: true)
        : new FileReading(null, "cannot be read: " + Errno.Text(errno), IsMissing: false);
}
