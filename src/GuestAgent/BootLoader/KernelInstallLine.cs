using GuestTune.Practices.Files;

namespace GuestTune.Agent.BootLoader;

/// <summary>/etc/kernel/cmdline, from which kernel-install(8) makes the entries of kernels that come later.</summary>
internal static class KernelInstallLine
{
    private const string Path = "/etc/kernel/cmdline";

    /// <summary>None where there is no such file: the running kernel's line is taken then.</summary>
    /// <exception cref="IOException">It cannot be read or added to.</exception>
    public static IReadOnlyList<BootEdit> Edit(RootedFileSystem files, IReadOnlyList<KernelArgument> former, IReadOnlyList<KernelArgument> own)
    {
        if (files.Read(Path) is not { } text)
        {
            return [];
        }

        var end = text.TrimEnd('\n', ' ', '\t').Length;
        return [new BootEdit(Path, text, ArgumentLine.Exchange(text[..end], former, own) + text[end..])];
    }
}
