namespace GuestTune.Agent.Kernel;

/// <summary>
/// Finds what the kernel itself said against one of its arguments, in the words of init/main.c (print_unknown_bootoptions,
/// do_early_param), kernel/params.c (parse_args) and kernel/module (unknown_module_param_cb).
/// </summary>
internal static class KernelRefusal
{
    private const string UnknownBegins = "Unknown kernel command line parameters \"";
    private const string UnknownEnds = "\", will be passed to user space";

    /// <param name="key">E.g. arm_pvspin or haltpoll.guest_halt_poll_ns.</param>
    /// <returns>The kernel's message, or null where it said nothing against it.</returns>
    public static string? Find(KernelMessages log, string key)
    {
        ArgumentNullException.ThrowIfNull(log);
        ArgumentException.ThrowIfNullOrEmpty(key);
        foreach (var message in log.Messages)
        {
            if (IsAgainst(message, key))
            {
                return message;
            }
        }

        return null;
    }

    private static bool IsAgainst(string message, string key)
    {
        if (message.StartsWith(UnknownBegins, StringComparison.Ordinal))
        {
            var end = message.LastIndexOf(UnknownEnds, StringComparison.Ordinal);
            return IsListed(message.AsSpan(UnknownBegins.Length..(end < 0 ? message.Length : end)), key);
        }

        return message.StartsWith("Malformed early option '", StringComparison.Ordinal) ? IsQuoted(message, key)
            : IsComplaint(message) && (IsQuoted(message, key) || IsModulesOwn(message, key));
    }

    /// <summary>Blanks are between them, as on the command line.</summary>
    private static bool IsListed(ReadOnlySpan<char> list, string key)
    {
        foreach (var range in list.Split(' '))
        {
            var token = list[range];
            var equals = token.IndexOf('=');
            if (IsSame(equals < 0 ? token : token[..equals], key))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsComplaint(string message)
        => message.Contains("' invalid for parameter `", StringComparison.Ordinal)
            || message.Contains("' too large for parameter `", StringComparison.Ordinal)
            || message.Contains(": Unknown parameter `", StringComparison.Ordinal)
            || message.Contains(": unknown parameter '", StringComparison.Ordinal);

    /// <summary>A module that is loaded later complains under its own name, of its parameter without that name.</summary>
    private static bool IsModulesOwn(string message, string key)
    {
        var dot = key.IndexOf('.', StringComparison.Ordinal);
        var colon = message.IndexOf(": ", StringComparison.Ordinal);
        return dot > 0 && colon > 0 && IsSame(message.AsSpan(0, colon), key.AsSpan(0, dot)) && IsQuoted(message, key[(dot + 1)..]);
    }

    /// <summary>The parameter's name is what is quoted last.</summary>
    private static bool IsQuoted(string message, string name)
    {
        var end = message.LastIndexOf('\'');
        var start = end <= 0 ? -1 : message.AsSpan(0, end).LastIndexOfAny('`', '\'');
        return start >= 0 && IsSame(message.AsSpan((start + 1)..end), name);
    }

    /// <summary>To the kernel, <c>-</c> equals <c>_</c> in names (kernel/params.c, parameq).</summary>
    private static bool IsSame(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        if (left.Length != right.Length)
        {
            return false;
        }

        for (var i = 0; i < left.Length; i++)
        {
            if (left[i] != right[i] && !(left[i] is '-' or '_' && right[i] is '-' or '_'))
            {
                return false;
            }
        }

        return true;
    }
}
