namespace GuestTune.Controller.MeasuredBoot.Comparison;

/// <summary>Cuts a command line where the kernel does (lib/cmdline.c, next_arg): at blanks that are not within double quotes.</summary>
internal static class KernelTokens
{
    /// <returns>The tokens as they are written, quotes included: those are measured, too.</returns>
    public static IReadOnlyList<string> Of(string line)
    {
        var tokens = new List<string>();
        var start = -1;
        var isQuoted = false;
        for (var i = 0; i <= line.Length; i++)
        {
            if (i == line.Length || (!isQuoted && IsBlank(line[i])))
            {
                if (start >= 0)
                {
                    tokens.Add(line[start..i]);
                }

                start = -1;
                continue;
            }

            start = start < 0 ? i : start;
            isQuoted ^= line[i] == '"';
        }

        return tokens;
    }

    /// <summary>Without what is for init: the kernel hands on what follows <c>--</c> (kernel/params.c, parse_args).</summary>
    public static IEnumerable<string> OfKernel(string line) => Of(line).TakeWhile(static t => t is not ("--" or "\"--\""));

    /// <summary>isspace() of the kernel.</summary>
    private static bool IsBlank(char c) => c is ' ' or '\t' or '\n' or '\v' or '\f' or '\r' or '\u00a0';
}
