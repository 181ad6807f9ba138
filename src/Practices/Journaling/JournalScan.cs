namespace GuestTune.Practices.Journaling;

/// <summary>Finds the whole records of a journal and where they end.</summary>
/// <param name="Payloads">Without the header.</param>
/// <param name="ValidBytes">Everything after this is a torn end.</param>
internal sealed record JournalScan(IReadOnlyList<ReadOnlyMemory<byte>> Payloads, int ValidBytes)
{
    /// <exception cref="JournalException">Not a journal, from a newer version, or damaged before its end.</exception>
    public static JournalScan Of(byte[] content, string path)
    {
        var payloads = new List<ReadOnlyMemory<byte>>();
        var validBytes = 0;
        var firstBadLine = 0;
        var line = 0;
        var sawHeader = false;
        for (var start = 0; start < content.Length; line++)
        {
            var length = content.AsSpan(start).IndexOf((byte)'\n');
            if (length < 0)
            {
                break;
            }

            if (!RecordFrame.TryDecode(content.AsSpan(start, length), out var payload))
            {
                firstBadLine = firstBadLine == 0 ? line + 1 : firstBadLine;
            }
            else if (firstBadLine > 0)
            {
                // A power cut tears only the end. Whole records after a bad one mean that the disk or somebody damaged the
                // file, and cutting would throw away what undo needs.
                throw new JournalException($"{path}: line {firstBadLine} is damaged although whole records follow; it is left as it is. Move the file away to start a new journal (what it records can then not be undone)");
            }
            else
            {
                if (!sawHeader)
                {
                    CheckHeader(payload, path);
                    sawHeader = true;
                }
                else
                {
                    payloads.Add(payload.ToArray());
                }

                validBytes = start + length + 1;
            }

            start += length + 1;
        }

        // Something that never was a journal must not be cut to nothing.
        if (!sawHeader && content.Length > RecordFrame.Encode(RecordCodec.Header()).Length)
        {
            throw new JournalException($"{path} is not a journal of GuestTune; move it away");
        }

        return new JournalScan(payloads, validBytes);
    }

    private static void CheckHeader(ReadOnlySpan<byte> payload, string path)
    {
        var version = RecordCodec.ReadHeader(payload) ?? throw new JournalException($"{path} is not a journal of GuestTune; move it away");
        if (version > RecordCodec.FormatVersion)
        {
            throw new JournalException($"{path} was written by a newer version (format {version}, this one knows {RecordCodec.FormatVersion}); use that version, or move the file away");
        }
    }
}
