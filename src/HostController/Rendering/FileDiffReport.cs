using GuestTune.Practice.V1;

namespace GuestTune.Controller.Rendering;

/// <summary>Writes the files of a plan as unified diffs, bounded and escaped line by line: their content comes from a guest.</summary>
internal static class FileDiffReport
{
    private const string NoFile = "/dev/null";
    private const int MaxLineLength = 500;
    private const int MaxLines = 500;

    private const string Removed = "\e[31m";
    private const string Added = "\e[32m";
    private const string Header = "\e[36m";
    private const string Plain = "\e[0m";

    public static void Write(TextWriter output, TableStyle style, IEnumerable<FileEdit> files)
    {
        foreach (var file in files)
        {
            Write(output, style, file);
        }
    }

    private static void Write(TextWriter output, TableStyle style, FileEdit file)
    {
        var hunks = LineDiff.Of(file.HasBefore ? file.Before : "", file.HasAfter ? file.After : "");
        if (hunks.Count == 0 && file.HasBefore == file.HasAfter)
        {
            return;
        }

        var path = TerminalText.Escape(file.Path, MaxLineLength);
        WriteLine(Header, $"--- {(file.HasBefore ? path : NoFile)}");
        WriteLine(Header, $"+++ {(file.HasAfter ? path : NoFile)}");
        var written = 0;
        foreach (var hunk in hunks)
        {
            if (written < MaxLines)
            {
                WriteLine(Header, $"@@ -{Range(hunk.BeforeStart, hunk.BeforeCount)} +{Range(hunk.AfterStart, hunk.AfterCount)} @@");
            }

            foreach (var line in hunk.Lines)
            {
                if (written++ < MaxLines)
                {
                    WriteLine(line.Mark switch { '-' => Removed, '+' => Added, _ => null }, line.Mark + TerminalText.Escape(line.Text.TrimEnd('\n'), MaxLineLength));
                    if (!line.Text.EndsWith('\n'))
                    {
                        WriteLine(null, @"\ No newline at end of file");
                    }
                }
            }
        }

        if (written > MaxLines)
        {
            WriteLine(null, $"({written - MaxLines} more lines of {path} are not shown; -o json has all)");
        }

        void WriteLine(string? color, string text) => output.WriteLine(style.Colors && color is not null ? color + text + Plain : text);
    }

    private static string Range(int start, int count) => count == 1 ? $"{start}" : $"{start},{count}";
}
