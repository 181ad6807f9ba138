using System.Runtime.InteropServices;
using GuestTune.Practices.Files;
using Microsoft.Extensions.Logging;

namespace GuestTune.Agent.Rebooting;

/// <summary>Restarts by the kernel itself, where no service manager takes an order: file systems are written out and made read-only first.</summary>
internal sealed partial class KernelRestart(RootedFileSystem files, TimeProvider time, ILogger<KernelRestart> logger) : IGuestRestart
{
    /// <summary>LINUX_REBOOT_CMD_RESTART (linux/reboot.h).</summary>
    private const int CommandRestart = 0x01234567;

    private const string SysRq = "/proc/sysrq-trigger";
    private const string Mounts = "/proc/self/mountinfo";

    /// <summary>The answer is on its way through the port meanwhile.</summary>
    private static readonly TimeSpan AnswerTime = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan RemountTime = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RemountPoll = TimeSpan.FromMilliseconds(50);

    public string Method => "kernel";

    public string? WhyNot() =>
        !files.IsSystemRoot ? $"this agent tunes the tree below {files.Root}, not the running system"
        : EffectiveUser() != 0 ? "this agent does not run as root"
        : null;

    public void Begin() => _ = RestartAsync();

    private async Task RestartAsync()
    {
        await Task.Delay(AnswerTime, time).ConfigureAwait(false);
        Sync();
        await RemountReadOnlyAsync().ConfigureAwait(false);
        if (Reboot(CommandRestart) != 0)
        {
            LogRefused(Marshal.GetLastPInvokeErrorMessage());
        }
    }

    /// <summary>
    /// sync(2) leaves metadata in the journals of ext4 and XFS, which a boot loader does not replay: it would read the boot files of before.
    /// A read-only remount empties them (sysrq 'u', Documentation/admin-guide/sysrq.rst); the kernel does it in the background.
    /// </summary>
    private async Task RemountReadOnlyAsync()
    {
        try
        {
            await File.WriteAllTextAsync(SysRq, "u").ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotReadOnly(e.Message);
            return;
        }

        for (var waited = TimeSpan.Zero; waited < RemountTime && HasWritableDisk(); waited += RemountPoll)
        {
            await Task.Delay(RemountPoll, time).ConfigureAwait(false);
        }
    }

    /// <summary>proc_pid_mountinfo(5): after the dash come type, source and the options of the file system itself.</summary>
    private bool HasWritableDisk()
    {
        foreach (var line in (files.ReadText(Mounts, 1024 * 1024).Text ?? string.Empty).Split('\n'))
        {
            var ofFileSystem = line.Split(" - ", 2) is [_, var rest] ? rest.Split(' ') : [];
            if (ofFileSystem is [_, var source, var options, ..] && source.StartsWith("/dev/", StringComparison.Ordinal)
                && options.Split(',').Contains("rw", StringComparer.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    [LoggerMessage(41, LogLevel.Error, "The kernel refuses to restart: {Error}", EventName = "RestartRefused")]
    private partial void LogRefused(string error);

    [LoggerMessage(42, LogLevel.Warning, "File systems cannot be made read-only before the restart: {Error}", EventName = "NotReadOnly")]
    private partial void LogNotReadOnly(string error);

    [LibraryImport("libc", EntryPoint = "sync")]
    private static partial void Sync();

    /// <summary>reboot(2) as the C library has it, with the command alone.</summary>
    [LibraryImport("libc", EntryPoint = "reboot", SetLastError = true)]
    private static partial int Reboot(int command);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint EffectiveUser();
}
