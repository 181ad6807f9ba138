using System.Globalization;
using GuestTune.EndToEnd.Cli;
using GuestTune.EndToEnd.Guests;
using GuestTune.Testing;

namespace GuestTune.EndToEnd.Disk;

/// <summary>A Debian guest on a disk as a test sees it: as it was saved, running, with nothing changed yet; for one test only.</summary>
internal sealed class DebianGuest : IAsyncDisposable
{
    public const string Name = "debian";

    private DebianGuest(TestVm vm) => Vm = vm;

    public TestVm Vm { get; }

    public GuestConsole Console => Vm.Console;

    public static async Task<DebianGuest> StartAsync(DiskKind? kind = null)
    {
        kind ??= DiskKind.Plain;
        Prerequisites.SkipIfDiskMissing();
        if (kind.Tpm != TpmModel.None)
        {
            Prerequisites.SkipIfTpmMissing();
        }

        return new DebianGuest(await DiskGuest.StartAsync(Name, kind));
    }

    public GuesttuneCli NewCli() => GuesttuneCli.ForBusyGuest(Name, Vm.AgentSocket);

    public Task<QemuGaSocket> ConnectQemuGaAsync() => QemuGaSocket.ConnectAsync(Vm.PortSocket(TestVmOptions.QemuGuestAgentPort));

    /// <summary>The command line that the kernel was booted with.</summary>
    public Task<string> ReadCommandLineAsync() => Console.ReadAsync("cat /proc/cmdline");

    /// <summary>The arguments that grub gives the kernel next: of the first entry, which is the default one.</summary>
    public Task<string> ReadNextCommandLineAsync() =>
        Console.ReadAsync(@"sed -n 's/^\tlinux\(efi\)\?\t[^ ]* //p' /boot/grub/grub.cfg | head -n 1");

    /// <summary>A sum over every file of the boot loader's configuration, and its date where a generator wrote it again.</summary>
    public Task<string> ReadBootFilesAsync() => Console.ReadAsync("cd / && md5sum etc/default/grub etc/default/grub.d/* boot/grub/grub.cfg 2>/dev/null; true");

    public async Task<int> GetAgentPidAsync() =>
        int.Parse(await Console.ReadAsync("systemctl show -P MainPID guesttune-agent"), CultureInfo.InvariantCulture);

    public ValueTask DisposeAsync() => Vm.DisposeAsync();
}
