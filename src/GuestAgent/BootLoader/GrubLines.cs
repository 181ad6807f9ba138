namespace GuestTune.Agent.BootLoader;

/// <summary>Edits the <c>linux</c> lines of a grub.cfg in place.</summary>
internal static class GrubLines
{
    /// <summary>Recovery entries are left as they are, unless one is the default.</summary>
    /// <exception cref="IOException">It cannot be understood.</exception>
    public static string Exchange(string text, string path, IReadOnlyList<KernelArgument> former, IReadOnlyList<KernelArgument> own)
    {
        var entries = GrubMenu.Parse(text, path).Entries;

        // From the last one on, so that places found before stay right.
        for (var i = entries.Count - 1; i >= 0; i--)
        {
            if (entries[i].Linux is not { } words || RecoveryEntry.Is(entries[i].Id, entries[i].Title, Line(text, words)))
            {
                continue;
            }

            var start = words[1].End;
            var end = words[^1].End;
            text = string.Concat(text.AsSpan(0, start), ArgumentLine.Exchange(text[start..end], former, own), text.AsSpan(end));
        }

        return text;
    }

    private static string Line(string text, List<GrubWord> words) => text[words[1].End..words[^1].End];
}
