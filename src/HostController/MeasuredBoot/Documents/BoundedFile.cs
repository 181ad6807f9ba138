namespace GuestTune.Controller.MeasuredBoot.Documents;

/// <summary>Reads files that somebody names, never more than makes sense.</summary>
internal static class BoundedFile
{
    private const int MaximumTextBytes = 64 * 1024;
    private const int PieceBytes = 64 * 1024;

    /// <exception cref="IOException">It cannot be read, or is no small text.</exception>
    public static string ReadText(string path)
    {
        using var file = File.OpenRead(path);
        var bytes = new byte[MaximumTextBytes + 1];
        var length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return length <= MaximumTextBytes ? System.Text.Encoding.UTF8.GetString(bytes, 0, length) : throw new IOException($"it has more than {MaximumTextBytes} bytes");
    }

    /// <summary>The lines of a file, without their ends; empty ones are left out. A line that is too long ends the file, and is given as it is by then.</summary>
    public static IEnumerable<byte[]> ReadLines(string path, int maximumLineBytes)
    {
        using var file = File.OpenRead(path);
        using var line = new MemoryStream();
        var piece = new byte[PieceBytes];
        for (int length; (length = file.Read(piece)) > 0;)
        {
            for (var start = 0; start < length;)
            {
                var end = piece.AsSpan(start, length - start).IndexOf((byte)'\n');
                line.Write(piece, start, (end < 0 ? length - start : end));
                if (line.Length > maximumLineBytes)
                {
                    yield return line.ToArray();
                    yield break;
                }

                if (end < 0)
                {
                    break;
                }

                if (line.Length > 0)
                {
                    yield return line.ToArray();
                }

                line.SetLength(0);
                start += end + 1;
            }
        }

        if (line.Length > 0)
        {
            yield return line.ToArray();
        }
    }
}
