using GuestTune.Practices.Files;

namespace GuestTune.Agent.BootLoader;

/// <summary>A file of our own in /etc/default/grub.d, read after all others by the grub-mkconfig of Debian and Ubuntu: nobody else's text is touched.</summary>
/// <remarks>GRUB_CMDLINE_LINUX_DEFAULT, since it comes last on the line, and the recovery entries go without it.</remarks>
internal sealed class GrubDropIn(RootedFileSystem files) : IGrubSource
{
    public const string Directory = "/etc/default/grub.d";

    private const string Header = "# Written by GuestTune: kernel arguments that this guest's host asked for. An undo takes out what it added.\n";
    private const string Begin = "GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT ";
    private const string End = "\"\n";

    public string Path => Directory + "/zz-guesttune.cfg";

    public IReadOnlyList<KernelArgument> ReadOwn()
    {
        if (files.Read(Path) is not { } text)
        {
            return [];
        }

        if (!text.StartsWith(Header + Begin, StringComparison.Ordinal) || !text.EndsWith(End, StringComparison.Ordinal))
        {
            throw Edited();
        }

        var tokens = ArgumentLine.Parse(text[(Header.Length + Begin.Length)..^End.Length]);
        return tokens.TrueForAll(static t => KernelArgument.WhyNotAllowed(t.Argument.Key, t.Argument.Value ?? string.Empty) is null)
            ? [.. tokens.Select(static t => t.Argument)]
            : throw Edited();
    }

    public IReadOnlyList<BootEdit> Edit(IReadOnlyList<KernelArgument> own)
        => [new BootEdit(Path, files.Read(Path), own.Count == 0 ? null : Header + Begin + string.Join(' ', own.Select(static a => a.Text)) + End)];

    private IOException Edited() => new($"{Path} is not as GuestTune wrote it: move what was added to another file of {Directory}, or remove it");
}
