namespace GuestTune.MeasuredBoot.Grub;

/// <summary>What GRUB started the running kernel with: the one command line that is known to boot.</summary>
/// <param name="Image">The kernel's path as GRUB sees it, without a device.</param>
/// <param name="Arguments">Without the kernel's quotes, as GRUB takes them.</param>
public sealed record RunningCommandLine(string Image, IReadOnlyList<string> Arguments)
{
    /// <summary>Before the kernel's path, in front of all else (grub-core/loader/i386/linux.c, LINUX_IMAGE).</summary>
    public const string ImageKey = "BOOT_IMAGE=";

    /// <param name="text">As the kernel shows it.</param>
    /// <param name="source">For messages.</param>
    /// <exception cref="InvalidDataException">It cannot be given to GRUB again; the message says why.</exception>
    public static RunningCommandLine Parse(string text, string source)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Contains('\\', StringComparison.Ordinal) || text.TrimEnd('\n').Any(static c => c is < ' ' or > '~'))
        {
            // grub_create_loader_cmdline (lib/cmdline.c of GRUB) escapes what it gives to the kernel, and nobody takes that back.
            throw new InvalidDataException($"{source} has characters that GRUB cannot give to a kernel unchanged");
        }

        var arguments = Split(text);
        var image = arguments.Find(static a => a.StartsWith(ImageKey, StringComparison.Ordinal))
            ?? throw new InvalidDataException($"{source} has no {ImageKey[..^1]}: GRUB did not start this kernel");
        arguments.Remove(image);
        return new RunningCommandLine(WithoutDevice(image[ImageKey.Length..]), arguments);
    }

    /// <summary>GRUB's paths may begin with a device: (hd0,gpt2)/vmlinuz, ($root)/vmlinuz.</summary>
    public static string WithoutDevice(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return path.StartsWith('(') ? path[(path.IndexOf(')', StringComparison.Ordinal) + 1)..] : path;
    }

    private static List<string> Split(string text)
    {
        var arguments = new List<string>();
        var start = 0;
        var quoted = false;
        for (var i = 0; i <= text.Length; i++)
        {
            if (i < text.Length && text[i] == '"')
            {
                quoted = !quoted;
            }
            else if (i == text.Length || (char.IsWhiteSpace(text[i]) && !quoted))
            {
                if (i > start)
                {
                    arguments.Add(text[start..i].Replace("\"", string.Empty, StringComparison.Ordinal));
                }

                start = i + 1;
            }
        }

        return arguments;
    }
}
