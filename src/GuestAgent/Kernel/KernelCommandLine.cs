using GuestTune.Agent.BootLoader;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.Kernel;

/// <summary>What the boot loader gave the running kernel.</summary>
internal sealed class KernelCommandLine
{
    public const string Source = "/proc/cmdline";

    private readonly string _text;

    /// <param name="text">As in /proc/cmdline.</param>
    public KernelCommandLine(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        _text = text;
    }

    public static KernelCommandLine Read(RootedFileSystem files) => new(files.ReadText(Source).Text ?? string.Empty);

    /// <summary>The last one counts. A name alone switches a bool on (kernel/params.c, param_set_bool): it reads Y.</summary>
    public string? Find(string name) => FindArgument(name) is { } argument ? argument.Value ?? "Y" : null;

    /// <summary>The last one with that name, which is the one that counts; null where there is none.</summary>
    public KernelArgument? FindArgument(string name)
        => ArgumentLine.Parse(_text).FindLast(t => KernelArgument.IsSameKey(t.Argument.Key, name)) is { Argument: { } argument } ? argument : null;
}
