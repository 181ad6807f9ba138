using GuestTune.Practices.Files;

namespace GuestTune.Practices.Commands;

/// <summary>Runs programs of the running system: no shell, a fixed search path and environment, bounded time and output.</summary>
public sealed class CommandRunner(RootedFileSystem files, TimeProvider time) : ICommandRunner
{
    /// <summary>As systemd gives them to services; what a caller's PATH says does not count.</summary>
    private static readonly string[] Directories = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

    /// <summary>Messages in one language, and nothing of the agent's own surroundings.</summary>
    private static readonly string[] Environment = ["PATH=" + string.Join(':', Directories), "LC_ALL=C", "LANG=C", "HOME=/root", "TERM=dumb"];

    public string? WhyNotAvailable => files.IsSystemRoot ? null
        : $"programs are run in the running system only, not for the tree {files.Root} (--root)";

    public string? Find(string program)
    {
        ArgumentException.ThrowIfNullOrEmpty(program);
        if (program.Contains('/', StringComparison.Ordinal))
        {
            return program[0] == '/' && IsProgram(program) ? program : null;
        }

        foreach (var directory in Directories)
        {
            if (IsProgram(directory + "/" + program))
            {
                return directory + "/" + program;
            }
        }

        return null;
    }

    public CommandResult Run(Command command)
    {
        ArgumentNullException.ThrowIfNull(command);
        if (WhyNotAvailable is { } reason)
        {
            throw new CommandException($"{command.Program} is not run: {reason}");
        }

        var path = Find(command.Program) ?? throw new CommandException(
            command.Program.Contains('/', StringComparison.Ordinal)
                ? $"there is no program {command.Program}"
                : $"there is no program '{command.Program}' in {string.Join(", ", Directories)}: install the package that has it");
        using var process = ChildProcess.Start(path, [command.Program, .. command.Arguments], Environment, command.Input);
        return process.WaitForEnd(command.TimeLimit, command.MaximumOutputBytes, time);
    }

    private bool IsProgram(string path)
        => FileStatus.TryGet(files.ResolveToRead(path), followLinks: files.IsSystemRoot, out var status) == 0 && status.IsRegular && status.IsExecutable;
}
