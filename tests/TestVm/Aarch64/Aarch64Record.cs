using System.Formats.Tar;
using System.IO.Compression;

namespace GuestTune.Testing;

/// <summary>What an AArch64 guest's kernel showed of itself: files of its root, /dev/kmsg among them, as a compressed archive.</summary>
public sealed class Aarch64Record(byte[] archive)
{
    /// <summary>What follows the prefix of each record of /dev/kmsg (Documentation/ABI/testing/dev-kmsg), without continuation lines.</summary>
    public IReadOnlyList<string> KernelMessages => ReadText("dev/kmsg").Split('\n')
        .Where(l => l.Length > 0 && l[0] != ' ')
        .Select(l => l[(l.IndexOf(';', StringComparison.Ordinal) + 1)..])
        .ToList();

    public string ReadText(string path)
    {
        using var reader = new TarReader(Open());
        while (reader.GetNextEntry() is { } entry)
        {
            if (entry.Name == "./" + path)
            {
                using var text = new StreamReader(entry.DataStream ?? Stream.Null);
                return text.ReadToEnd();
            }
        }

        throw new TestVmException($"The guest has recorded no '{path}'.");
    }

    public void ExtractTo(string folder)
    {
        Directory.CreateDirectory(folder);
        using var stream = Open();
        TarFile.ExtractToDirectory(stream, folder, overwriteFiles: true);
    }

    private GZipStream Open() => new(new MemoryStream(archive), CompressionMode.Decompress);
}
