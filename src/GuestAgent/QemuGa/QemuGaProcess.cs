using System.Globalization;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.QemuGa;

/// <summary>The qemu-ga that runs, with the arguments that are in force.</summary>
/// <param name="Words">Without the program's name.</param>
/// <param name="Program">The file that it runs; ends in <c> (deleted)</c> where a newer one has replaced it.</param>
internal sealed record QemuGaProcess(int Id, IReadOnlyList<string> Words, string? Program)
{
    private const string Name = "qemu-ga";

    /// <summary>A line of /proc/PID/status of a process that root runs.</summary>
    private const string RootUser = "Uid:\t0\t0\t0\t";

    private const int MostProcesses = 100_000;
    private const string VirtioSerial = "virtio-serial";

    public string Source => $"/proc/{Id}/cmdline";

    /// <summary>Of root's only: anybody can call a process qemu-ga. The one on a virtio-serial port counts before others.</summary>
    public static QemuGaProcess? Find(RootedFileSystem files)
    {
        QemuGaProcess? other = null;
        foreach (var entry in files.ListNames("/proc", string.Empty, MostProcesses))
        {
            if (int.TryParse(entry, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && Read(files, id) is { } process)
            {
                if (QemuGaArguments.Parse(process.Words).Method == VirtioSerial)
                {
                    return process;
                }

                other ??= process;
            }
        }

        return other;
    }

    public static QemuGaProcess? Read(RootedFileSystem files, int id)
    {
        if (files.ReadText($"/proc/{id}/comm").Value != Name || files.ReadText($"/proc/{id}/status").Text?.Contains(RootUser, StringComparison.Ordinal) is not true)
        {
            return null;
        }

        // Empty: it has ended, and its parent has not looked yet.
        var words = (files.ReadText($"/proc/{id}/cmdline").Text ?? string.Empty).TrimEnd('\0').Split('\0');
        return words is [{ Length: > 0 }, ..] ? new QemuGaProcess(id, words[1..], ProgramOf(files, id)) : null;
    }

    private static string? ProgramOf(RootedFileSystem files, int id)
    {
        var link = $"/proc/{id}/exe";
        try
        {
            var path = files.Resolve(link);
            path = files.IsSystemRoot ? path : path[files.Root.Length..];
            return path == link ? null : path;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Takes the right to trace the process, which the agent's unit does not have.
            return null;
        }
    }
}
