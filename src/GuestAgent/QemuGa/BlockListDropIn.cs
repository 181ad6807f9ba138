using System.Text;
using GuestTune.Agent.Systemd;

namespace GuestTune.Agent.QemuGa;

/// <summary>
/// GuestTune's drop-in for the service: the unit's own command with the block list added. The list stands once more in a section that
/// systemd leaves to others (systemd.unit(5), "X-"), so that what was asked for can be told from what the command had to become.
/// </summary>
internal static class BlockListDropIn
{
    private const string FileName = "90-guesttune-blocklist.conf";
    private const string OwnSection = "X-GuestTune";
    private const string OwnKey = "BlockedCommands";

    public static string PathOf(string unit) => $"{ServiceUnit.DropInDirectory(unit)}/{FileName}";

    /// <returns>The unit whose drop-in this is; null for any other path.</returns>
    public static string? UnitOf(string path) => Array.Find(QemuGaState.Units, u => PathOf(u) == path);

    /// <returns>The list that GuestTune was asked for; null where the file has none.</returns>
    public static string? ListOf(string text) => UnitFile.Values(text, OwnSection, OwnKey).LastOrDefault();

    /// <param name="start">The unit's command without this drop-in.</param>
    /// <param name="blocked">Sorted.</param>
    public static string Compose(ExecCommand start, ListSpelling spelling, IReadOnlyList<string> blocked)
    {
        var list = string.Join(',', blocked);
        return $"""
            # Written by GuestTune, which takes it away again at an undo.
            [{OwnSection}]
            {OwnKey}={list}

            [Service]
            ExecStart=
            ExecStart={CommandFor(start, spelling, blocked)}

            """;
    }

    /// <summary>
    /// The command with the list added. Where it has an allow list, the commands are taken out of that one instead: qemu-ga 8.1 to 9.0 refuses to
    /// start with both kinds, and for later ones it comes to the same.
    /// </summary>
    public static string CommandFor(ExecCommand start, ListSpelling spelling, IReadOnlyList<string> blocked)
    {
        var allowed = QemuGaArguments.Parse(start.Words).Lists.Allowed;
        return allowed is null || spelling.Allow is null
            ? $"{start.Text} {spelling.Block}={string.Join(',', blocked)}"
            : $"{WithoutAllowList(start)} {spelling.Allow}={string.Join(',', allowed.Except(blocked, StringComparer.Ordinal))}";
    }

    private static string WithoutAllowList(ExecCommand start)
    {
        var text = new StringBuilder();
        var copied = 0;
        var skipsNext = false;
        foreach (var argument in start.Arguments)
        {
            var kept = new List<string>();
            foreach (var word in argument.Words)
            {
                if (skipsNext)
                {
                    skipsNext = false;
                    continue;
                }

                if (!IsAllowOption(word, out skipsNext))
                {
                    kept.Add(word);
                }
            }

            if (kept.Count == argument.Words.Count && argument.Words.Count > 0)
            {
                continue;
            }

            // Everything else keeps its bytes; of a variable only what it holds besides the list remains.
            var (from, to) = (argument.Raw.Start.Value, argument.Raw.End.Value);
            text.Append(start.Text.AsSpan(copied, from - copied)).AppendJoin(' ', kept.Select(Quote));
            copied = to;
        }

        return text.Append(start.Text.AsSpan(copied)).ToString().TrimEnd();
    }

    private static bool IsAllowOption(string word, out bool valueFollows)
    {
        valueFollows = word is "-a" or "--allow-rpcs";
        return valueFollows || word.StartsWith("--allow-rpcs=", StringComparison.Ordinal) || (word.StartsWith("-a", StringComparison.Ordinal) && word.Length > 2);
    }

    private static string Quote(string word)
        => "\"" + word.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("%", "%%", StringComparison.Ordinal).Replace("$", "$$", StringComparison.Ordinal) + "\"";
}
