using System.Buffers.Text;
using System.Text;
using GuestTune.Practices.Commands;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.Kernel;

/// <summary>
/// Reads the kernel's log from its own buffer (/dev/kmsg), and where that has lost its beginning or cannot be read, from
/// the journal, which keeps it.
/// </summary>
internal sealed class KernelLog(RootedFileSystem files, ICommandRunner commands) : IKernelLog
{
    public const string Device = "/dev/kmsg";

    /// <summary>Largest record there ever was: CONSOLE_EXT_LOG_MAX of kernel/printk/printk.c; a read gives a whole one or fails.</summary>
    private const int RecordSizeBytes = 8192;
    private const int MaximumSizeBytes = 4 * 1024 * 1024;
    private const int WouldBlock = 11; // EAGAIN: no more for now
    private const int TooSmallBuffer = 22; // EINVAL: a record larger than the buffer, which is skipped
    private const int Overwritten = 32; // EPIPE: records that were to be read have made room for new ones

    private static readonly Command Journal = new("journalctl", "--dmesg", "--boot", "--output=cat", "--no-pager", "--quiet")
    {
        MaximumOutputBytes = MaximumSizeBytes,
    };

    public KernelMessages Read()
    {
        var fromDevice = ReadDevice();
        return fromDevice.IsWhole ? fromDevice : ReadJournal(fromDevice);
    }

    private KernelMessages ReadDevice()
    {
        var messages = new List<string>(512);
        try
        {
            using var device = DeviceFile.Open(files, Device);
            var problem = ReadRecords(device, messages);
            return Judge(messages, Device, problem);
        }
        catch (FileProblemException e)
        {
            return new KernelMessages(messages, Device, IsWhole: false, e.Message);
        }
    }

    /// <summary>The device gives one record with each read; a file in which records were kept gives as many as there is room for.</summary>
    /// <returns>What kept some of them from being read, or null.</returns>
    private static string? ReadRecords(DeviceFile device, List<string> messages)
    {
        var buffer = new byte[RecordSizeBytes];
        var kept = 0;
        string? problem = null;
        for (var total = 0; total < MaximumSizeBytes;)
        {
            var errno = device.Read(buffer.AsSpan(kept), out var count);
            switch (errno)
            {
                case 0 when count > 0:
                    total += count;
                    kept = TakeLines(buffer, kept + count, messages);
                    break;
                case 0 or WouldBlock:
                    return problem;
                case Overwritten or TooSmallBuffer:
                    // Each of these moves the reader on, and so cannot come for ever; total bounds them all the same.
                    problem = "some of its messages were overwritten meanwhile";
                    total += 1;
                    break;
                default:
                    return $"{Device} cannot be read (errno {errno})";
            }
        }

        return $"only the first {MaximumSizeBytes} bytes were read";
    }

    /// <returns>Bytes of an unfinished line, now at the buffer's start.</returns>
    private static int TakeLines(byte[] buffer, int length, List<string> messages)
    {
        var start = 0;
        while (buffer.AsSpan(start, length - start).IndexOf((byte)'\n') is var end and >= 0)
        {
            Take(buffer.AsSpan(start, end), messages);
            start += end + 1;
        }

        if (start == 0 && length == buffer.Length)
        {
            // No record is that long: this is not the kernel's log.
            return 0;
        }

        buffer.AsSpan(start, length - start).CopyTo(buffer);
        return length - start;
    }

    /// <summary>
    /// "PRIORITY,SEQUENCE,TIME,FLAGS[,...];MESSAGE"; a line that begins with a blank tells of the message before it
    /// (Documentation/ABI/testing/dev-kmsg). What programs wrote there has a facility above the priority's three bits.
    /// </summary>
    private static void Take(ReadOnlySpan<byte> line, List<string> messages)
    {
        var semicolon = line.IndexOf((byte)';');
        if (semicolon > 0 && Utf8Parser.TryParse(line[..semicolon], out uint priority, out var digits) && priority < 8 && line[digits] == ',')
        {
            messages.Add(Encoding.UTF8.GetString(line[(semicolon + 1)..]));
        }
    }

    private KernelMessages ReadJournal(KernelMessages fromDevice)
    {
        if (commands.WhyNotAvailable is not null || commands.Find(Journal.Program) is null)
        {
            return fromDevice;
        }

        try
        {
            var result = commands.Run(Journal);
            var fromJournal = Judge(
                result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries),
                Journal.ToString(),
                result.Succeeded ? null : result.Describe(Journal));
            return fromJournal.IsWhole || fromJournal.Messages.Count > fromDevice.Messages.Count ? fromJournal : fromDevice;
        }
        catch (CommandException)
        {
            return fromDevice;
        }
    }

    private static KernelMessages Judge(IReadOnlyList<string> messages, string source, string? problem)
    {
        var reading = new KernelMessages(messages, source, IsWhole: false, problem);
        var hasBeginning = reading.FirstWith(KernelMessages.FirstMessage) is not null;
        return hasBeginning && problem is null
            ? reading with { IsWhole = true }
            : reading with { Problem = problem ?? "the kernel's log has lost its beginning" };
    }
}
