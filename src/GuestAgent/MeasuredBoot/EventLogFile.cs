using GuestTune.Practices;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.MeasuredBoot;

/// <summary>The firmware's event log as the kernel keeps it in securityfs (drivers/char/tpm/eventlog/common.c); it does not change after boot.</summary>
internal sealed class EventLogFile(RootedFileSystem files, GuestTpm tpm)
{
    public const int ChunkSizeBytes = 32 * 1024;
    public const int MaximumSizeBytes = 4 * 1024 * 1024;

    private const string SecurityFolder = "/sys/kernel/security";
    private const int NoEntry = 2; // ENOENT
    private const int Interrupted = 4; // EINTR

    /// <returns>The pieces, each valid until the next one is asked for.</returns>
    /// <exception cref="PracticeException">NotFound: there is no log.</exception>
    public IEnumerable<ReadOnlyMemory<byte>> Read()
    {
        var presence = tpm.Look();
        if (presence.Problem is { } problem)
        {
            throw PracticeException.Precondition(problem);
        }

        using var device = Open(presence);
        var buffer = new byte[ChunkSizeBytes];
        for (var total = 0; ;)
        {
            var errno = device.Read(buffer, out var count);
            if (errno == Interrupted)
            {
                continue;
            }

            if (errno != 0)
            {
                throw PracticeException.Precondition($"{presence.EventLog} cannot be read (errno {errno})");
            }

            if (count == 0)
            {
                yield break;
            }

            total += count;
            if (total > MaximumSizeBytes)
            {
                throw PracticeException.Precondition($"{presence.EventLog} has more than {MaximumSizeBytes} bytes: no event log has");
            }

            yield return buffer.AsMemory(0, count);
        }
    }

    private DeviceFile Open(TpmPresence presence)
    {
        try
        {
            return DeviceFile.Open(files, presence.EventLog);
        }
        catch (FileProblemException e) when (e.ErrorNumber == NoEntry)
        {
            throw PracticeException.NotFound(files.ListNames(SecurityFolder, string.Empty).Count == 0
                ? $"there is no {presence.EventLog}: securityfs is not mounted (mount -t securityfs securityfs {SecurityFolder})"
                : $"PCRs without a log: there is no {presence.EventLog}. The firmware, or a boot loader that does not hand its log on (GRUB's 'linux' in place of 'linuxefi'), left none to this kernel");
        }
        catch (FileProblemException e)
        {
            throw PracticeException.Precondition(e.Message);
        }
    }
}
