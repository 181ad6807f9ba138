using GuestTune.Practices.Commands;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.Rebooting;

/// <summary>Asks systemd, which stops all services in good order before it restarts the machine.</summary>
internal sealed class SystemdRestart(RootedFileSystem files, ICommandRunner commands) : IGuestRestart
{
    /// <summary>--no-block: queued is enough. The agent itself is stopped by it, and must have answered before.</summary>
    private static readonly Command Reboot = new("systemctl", "--no-block", "--no-wall", "reboot") { TimeLimit = TimeSpan.FromSeconds(20) };

    /// <summary>128 + SIGTERM: the restart has begun, and systemd stops this service, systemctl in it included.</summary>
    private const int StoppedWithUs = 128 + 15;

    public string Method => "systemd";

    /// <summary>sd_booted(3) looks for that directory.</summary>
    public string? WhyNot() =>
        commands.WhyNotAvailable is { } reason ? reason
        : !files.DirectoryExists("/run/systemd/system") ? "systemd does not run this guest (there is no /run/systemd/system)"
        : commands.Find(Reboot.Program) is null ? $"there is no program {Reboot.Program}"
        : null;

    public void Begin()
    {
        var result = commands.Run(Reboot);
        if (!result.Succeeded && result.ExitCode != StoppedWithUs)
        {
            throw new CommandException(result.Describe(Reboot));
        }
    }
}
