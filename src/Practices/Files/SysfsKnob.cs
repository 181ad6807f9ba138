using GuestTune.Practices.Values;

namespace GuestTune.Practices.Files;

/// <summary>One file of sysfs that holds one value of a known type.</summary>
public sealed class SysfsKnob(RootedFileSystem files, string path, IValueKind kind) : IKnob
{
    /// <summary>A file of sysfs has at most one page (Documentation/filesystems/sysfs.rst).</summary>
    private const int PageSizeBytes = 4096;

    /// <summary>Of a choice only the word that is chosen, which is also what can be written.</summary>
    public KnobReading Read()
    {
        var reading = files.ReadText(path, PageSizeBytes);
        return new KnobReading(kind is OneOfValue && reading.Value is { } text && kind.TryNormalize(text, out var word, out _) ? word : reading.Value, reading.Problem);
    }

    /// <summary>Whether the kernel lets nobody write it, root included.</summary>
    public bool IsReadOnly => FileStatus.TryGet(files.ResolveToRead(path), followLinks: true, out var status) == 0 && !status.IsWritable;

    public void Write(string? value)
    {
        if (value is null)
        {
            throw new FileProblemException(Errno.Invalid, $"{path} cannot be removed: it belongs to the kernel");
        }

        SysfsFile.Write(files, path, value);
    }

    public bool AreEqual(string? left, string? right)
        => left is null || right is null ? left is null && right is null : kind.IsSatisfied(left, right);
}
