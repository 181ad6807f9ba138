using GuestTune.Practices.Commands;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.QemuGa;

/// <summary>The installed qemu-ga, which knows best what it is: its version, its commands, the spelling of its options and the lists of its own configuration file.</summary>
internal sealed class QemuGaProgram(RootedFileSystem files, ICommandRunner commands)
{
    private const string Name = "qemu-ga";

    /// <summary>The whole program takes milliseconds, some hundred of them in an emulated guest.</summary>
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(10);

    private static readonly string[] Paths = ["/usr/sbin/qemu-ga", "/usr/bin/qemu-ga", "/usr/local/sbin/qemu-ga", "/usr/local/bin/qemu-ga"];

    /// <summary>Null where it is not installed.</summary>
    public string? FindPath() => Array.Find(Paths, files.FileExists);

    /// <summary>Why qemu-ga cannot be asked, or null.</summary>
    public string? WhyNotAsked => commands.WhyNotAvailable;

    /// <returns>E.g. 7.2.22; null where it does not say.</returns>
    public string? ReadVersion()
    {
        var words = Ask("--version")?.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) ?? [];
        return Array.Find(words, static w => char.IsAsciiDigit(w[0]));
    }

    /// <summary>All commands that this qemu-ga has; empty where it cannot be asked.</summary>
    public IReadOnlyList<string> ReadCommands()
        => [.. (Ask("-b", "?") ?? string.Empty).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(RpcName.IsValid)];

    public ListSpelling? ReadSpelling() => ListSpelling.FromHelp(Ask("--help") ?? string.Empty);

    /// <summary>
    /// The lists of its configuration file. Where that is was decided when it was built (/etc/qemu on Debian, other directories
    /// elsewhere), so it is asked, and only where that is impossible the usual place is looked at.
    /// </summary>
    /// <param name="path">Where its arguments name one.</param>
    public RpcLists ReadConfiguration(string? path) => path is null && Ask("--dump-conf") is { } dump
        ? QemuGaConfig.Parse(dump)
        : QemuGaConfig.Parse(files.ReadText(path ?? QemuGaConfig.DefaultPath).Text ?? string.Empty);

    /// <returns>Null where qemu-ga takes these arguments, else what it says against them.</returns>
    public string? WhyRefused(IEnumerable<string> arguments)
    {
        // In front, so that no "--" among them can let a second qemu-ga start.
        var command = Command(["--dump-conf", .. arguments]);
        if (command is null)
        {
            return null;
        }

        try
        {
            var result = commands.Run(command);
            return result.Succeeded ? null : result.Describe(command);
        }
        catch (CommandException e)
        {
            return e.Message;
        }
    }

    private string? Ask(params string[] arguments)
    {
        try
        {
            return Command(arguments) is { } command && commands.Run(command) is { Succeeded: true } result ? result.Output : null;
        }
        catch (CommandException)
        {
            return null;
        }
    }

    private Command? Command(IReadOnlyList<string> arguments)
        => WhyNotAsked is null && FindPath() is { } path ? new Command(path, arguments) { TimeLimit = TimeLimit } : null;

    public override string ToString() => FindPath() ?? Name;
}
