using GuestTune.EndToEnd.Disk;
using GuestTune.Testing;

namespace GuestTune.EndToEnd.Host;

/// <summary>
/// The Debian guest in the part of a host: real systemd, device-mapper and SCSI disks, with guesttune installed and started as packaging/host/README.md says.
/// One for all tests of a class: each starts the service if it needs it, and leaves the kernel's values as they were.
/// </summary>
public sealed class ControllerHost : IAsyncDisposable
{
    public const string Member = "alice";
    public const string Stranger = "mallory";

    /// <summary>The only VM of its inventory, and the channel, which is not there until a test makes it.</summary>
    public const string SilentVm = "silent";
    public const string SilentSocket = "/run/silent.sock";

    /// <summary>Where the service keeps what it must not lose: a file system of its own, which a test can freeze.</summary>
    public const string State = "/var/lib/guesttune/controller";

    // Commands and starts of an emulated machine, on a host that has other things to do.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    private readonly Lazy<Task<DebianGuest>> _guest = new(InstallAsync);

    /// <summary>The output of a command of root, which must succeed.</summary>
    public async Task<string> ReadAsync(string command) => await (await _guest.Value).Console.ReadAsync(command, Limit);

    /// <summary>guesttune, run by a user of that host; its output and errors come as one text.</summary>
    public async Task<CommandResult> RunAsync(string user, string arguments) =>
        await (await _guest.Value).Console.ExecuteAsync($"runuser -u {user} -- guesttune {arguments}", Limit);

    public async ValueTask DisposeAsync()
    {
        if (_guest is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
        {
            await (await _guest.Value).DisposeAsync();
        }
    }

    private static async Task<DebianGuest> InstallAsync()
    {
        var guest = await DebianGuest.StartAsync();
        try
        {
            var program = await PublishedPrograms.GetCliAsync();
            var packaging = Path.Combine(Repository.Root, "packaging/host");
            await MediumArchive.InstallAsync(guest.Vm,
            [
                .. DotNetRuntime.Files,
                new InstalledFile(program, "usr/lib/guesttune/guesttune", InstalledFile.Executable),
                new InstalledFile(Path.Combine(Path.GetDirectoryName(program)!, "libe_sqlite3.so"), "usr/lib/guesttune/libe_sqlite3.so", InstalledFile.Executable),
                new InstalledFile(Path.Combine(packaging, "guesttune.service"), "usr/lib/systemd/system/guesttune.service"),
                new InstalledFile(Path.Combine(packaging, "guesttune.sysusers"), "usr/lib/sysusers.d/guesttune.conf"),
            ]);
            // systemd's time limits are for processors that are not emulated. When the service counts as started, its socket is there.
            await guest.Console.ReadAsync(
                $"""
                set -e
                mke2fs -q /dev/vdb
                mkdir -p {State}
                mount /dev/vdb {State}
                printf 'vms:\n- name: {SilentVm}\n  channel: {SilentSocket}\n' >/etc/guesttune/inventory.yaml
                useradd {Member}
                useradd {Stranger}
                ln -s ../lib/guesttune/guesttune /usr/bin/guesttune
                systemd-sysusers guesttune.conf
                mkdir /etc/systemd/system/guesttune.service.d
                printf '[Service]\nTimeoutSec=4min\n' >/etc/systemd/system/guesttune.service.d/emulated.conf
                systemctl daemon-reload
                systemctl enable --now guesttune 2>&1 || (journalctl -u guesttune; false)
                [ -S /run/guesttune/controller.sock ]
                usermod --append --groups guesttune {Member}
                """, Limit);
            return guest;
        }
        catch
        {
            await guest.DisposeAsync();
            throw;
        }
    }
}
