using System.Text.RegularExpressions;

namespace GuestTune.HostController.Tests.Cli;

/// <summary>Finds the command lines of guesttune in documents and shell scripts.</summary>
internal static partial class DocumentedCommands
{
    /// <returns>The words after "guesttune" of each.</returns>
    public static IEnumerable<string[]> Of(IEnumerable<string> lines)
    {
        foreach (var line in Joined(lines))
        {
            if (Command().Match(line) is { Success: true } command)
            {
                yield return Words(command.Groups["words"].Value);
            }
            else if (GlobalOptions().Match(line) is { Success: true } options)
            {
                yield return ["vms", .. Words(options.Groups["words"].Value)];
            }
        }
    }

    private static IEnumerable<string> Joined(IEnumerable<string> lines)
    {
        var begun = "";
        foreach (var line in lines)
        {
            if (line.EndsWith('\\'))
            {
                begun += line[..^1];
                continue;
            }

            yield return begun + line;
            begun = "";
        }
    }

    private static string[] Words(string text) =>
        [.. text.Split([" | ", " #", " >", "   "], StringSplitOptions.None)[0].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(w => w.Trim('\'', '"', ')'))];

    // A line of its own, after a prompt, after the demo's "show", or in a unit of systemd.
    [GeneratedRegex(@"^\s*(?:\$ |show |source <\(|ExecStart=/usr/bin/)?guesttune (?<words>[a-z-].*)$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 60_000)]
    private static partial Regex Command();

    // The demo's alias for the program with options.
    [GeneratedRegex(@"(?:\$cli""?|""\$PWD/""\}) (?<words>--[^@]*?)(?: ""\$@"")?['""]?$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 60_000)]
    private static partial Regex GlobalOptions();
}
