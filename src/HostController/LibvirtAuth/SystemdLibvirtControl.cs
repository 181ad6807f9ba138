using GuestTune.Practices.Commands;
using GuestTune.Practices.Files;

namespace GuestTune.Controller.LibvirtAuth;

/// <summary>libvirt under systemd, as distributions have it: one daemon for all, or one for each driver with virtproxyd before them; with or without sockets of systemd.</summary>
internal sealed class SystemdLibvirtControl(RootedFileSystem files, ICommandRunner commands) : ILibvirtControl
{
    private static readonly TimeSpan RestartTime = TimeSpan.FromSeconds(90);

    public LibvirtService? Find(out string? problem)
    {
        var (monolithic, modular) = (Has(LibvirtService.Monolithic), Has(LibvirtService.Modular));
        if (!monolithic && !modular)
        {
            problem = "no daemon of libvirt is installed (neither libvirtd nor virtproxyd is in /usr/sbin)";
            return null;
        }

        if (files.IsSystemRoot && (!files.DirectoryExists("/run/systemd/system") || commands.Find("systemctl") is null))
        {
            problem = "this host was not booted by systemd, and how its libvirt is started is not known: it is left alone";
            return null;
        }

        if (monolithic && modular)
        {
            (monolithic, modular) = (IsRunning(LibvirtService.Monolithic), IsRunning("virtqemud") || IsRunning(LibvirtService.Modular));
            if (monolithic == modular)
            {
                problem = $"libvirtd and virtproxyd are both installed, and {(monolithic ? "both are" : "neither is")} started: which one serves calls is not known. "
                    + "Switch the units of one of them off (systemctl disable --now)";
                return null;
            }
        }

        problem = null;
        var name = modular ? LibvirtService.Modular : LibvirtService.Monolithic;
        return new LibvirtService(
            name, $"/etc/libvirt/{name}.conf", "/etc/sasl2/libvirt.conf", modular ? null : files.DirectoryExists("/etc/sysconfig") ? "/etc/sysconfig/libvirtd" : "/etc/default/libvirtd", IsUnitOn(name + ".socket"));
    }

    // Of a tree that is not the running system only links say it.
    public bool IsUnitOn(string unit) => files.IsSystemRoot
        ? commands.Run(new Command("systemctl", "is-active", "--quiet", unit)).Succeeded
        : files.FileExists($"/etc/systemd/system/sockets.target.wants/{unit}") || files.FileExists($"/etc/systemd/system/multi-user.target.wants/{unit}");

    public void Restart(LibvirtService service, IReadOnlyDictionary<string, bool> units)
    {
        RequireCommands(service);

        // A socket cannot be opened by systemd while the service that it is for runs.
        Run("stop", service.Unit);
        foreach (var (unit, isOn) in units.OrderBy(static u => u.Value))
        {
            Run(isOn ? "enable" : "disable", "--now", unit);
        }

        var start = new Command("systemctl", "start", service.Unit) { TimeLimit = RestartTime };
        if (commands.Run(start) is { Succeeded: false } failed)
        {
            var log = commands.Run(new Command("journalctl", "--unit", service.Unit, "--lines", "5", "--no-pager", "--output", "cat"));
            throw new IOException($"{service.Name} does not start: {(log.Output.Trim() is { Length: > 0 } said ? said.ReplaceLineEndings(" / ") : failed.Describe(start))}");
        }
    }

    public void Stop(LibvirtService service, IReadOnlyCollection<string> sockets)
    {
        RequireCommands(service);

        // At once: a socket that is left a moment longer starts the service again.
        Run(["stop", service.Unit, .. sockets]);
        if (sockets.Count > 0)
        {
            Run(["disable", .. sockets]);
        }
    }

    private void RequireCommands(LibvirtService service)
    {
        if (commands.WhyNotAvailable is { } reason)
        {
            throw new IOException($"{service.Name} cannot be stopped or started: {reason}");
        }
    }

    private void Run(params string[] arguments)
    {
        var command = new Command("systemctl", arguments) { TimeLimit = RestartTime };
        if (commands.Run(command) is { Succeeded: false } failed)
        {
            throw new IOException(failed.Describe(command));
        }
    }

    private bool Has(string daemon) => files.FileExists("/usr/sbin/" + daemon);

    private bool IsRunning(string daemon) => IsUnitOn(daemon + ".socket") || IsUnitOn(daemon + ".service");
}
