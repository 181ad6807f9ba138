using GuestTune.Practices.Commands;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.QemuGa;

/// <summary>Makes systemd take a changed unit, and sees that qemu-ga runs with it.</summary>
internal sealed class QemuGaService(RootedFileSystem files, ICommandRunner commands, TimeProvider time)
{
    private static readonly TimeSpan CommandLimit = TimeSpan.FromSeconds(40);

    /// <summary>How long a qemu-ga may take to be there again, in an emulated guest too.</summary>
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(15);

    /// <summary>A qemu-ga that does not like what it finds ends within this time; systemd calls it started nevertheless (Type=simple).</summary>
    private static readonly TimeSpan ProbationTime = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    /// <summary>False where systemd waits for the port to appear, or somebody stopped it: it is not started then.</summary>
    public bool IsActive(string unit) => commands.Run(Command("is-active", "--quiet", unit)).Succeeded;

    /// <exception cref="IOException">With systemd's words.</exception>
    public void Reload() => Run(Command("daemon-reload"));

    /// <param name="isAsWanted">Asked of the new process.</param>
    /// <exception cref="IOException">It does not run, or not as wanted.</exception>
    public void Restart(string unit, Func<QemuGaProcess, bool> isAsWanted)
    {
        Run(Command("restart", unit));
        var started = time.GetTimestamp();
        do
        {
            if (QemuGaProcess.Find(files) is { } process && isAsWanted(process))
            {
                Wait(ProbationTime);
                if (QemuGaProcess.Read(files, process.Id) is { } still && isAsWanted(still))
                {
                    return;
                }
            }

            Wait(PollInterval);
        }
        while (time.GetElapsedTime(started) < StartLimit);

        throw new CommandException(
            $"{unit} was restarted, and within {StartLimit.TotalSeconds:0} s no qemu-ga stayed that has the arguments of its unit; "
            + $"'systemctl status {unit}' in the guest says why");
    }

    private static Command Command(params string[] arguments) => new("systemctl", arguments) { TimeLimit = CommandLimit };

    private void Run(Command command)
    {
        var result = commands.Run(command);
        if (!result.Succeeded)
        {
            throw new CommandException(result.Describe(command));
        }
    }

    private void Wait(TimeSpan span)
    {
        using var never = new ManualResetEventSlim();
        using var timer = time.CreateTimer(static state => ((ManualResetEventSlim)state!).Set(), never, span, Timeout.InfiniteTimeSpan);
        never.Wait();
    }
}
