using GuestTune.Practices.Files;

namespace GuestTune.Agent.Kernel;

/// <summary>What the boot loader gave the kernel, read as the kernel reads it: quotes keep blanks, <c>-</c> equals <c>_</c> in names, the last one counts.</summary>
internal sealed class KernelCommandLine
{
    public const string Source = "/proc/cmdline";

    private readonly Dictionary<string, string> _arguments = new(StringComparer.Ordinal);

    /// <param name="text">As in /proc/cmdline.</param>
    public KernelCommandLine(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        for (var position = 0; position < text.Length;)
        {
            if (char.IsWhiteSpace(text[position]))
            {
                position++;
                continue;
            }

            var start = position;
            var quoted = false;
            while (position < text.Length && (quoted || !char.IsWhiteSpace(text[position])))
            {
                quoted ^= text[position] == '"';
                position++;
            }

            var token = text[start..position].Replace("\"", string.Empty, StringComparison.Ordinal);
            if (token is "--")
            {
                // What follows is for init.
                break;
            }

            var equals = token.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? token : token[..equals];

            // A name alone switches a bool on (kernel/params.c, param_set_bool).
            _arguments[name.Replace('-', '_')] = equals < 0 ? "Y" : token[(equals + 1)..];
        }
    }

    public static KernelCommandLine Read(RootedFileSystem files) => new(files.ReadText(Source).Text ?? string.Empty);

    public string? Find(string name) => _arguments.GetValueOrDefault(name.Replace('-', '_'));
}
