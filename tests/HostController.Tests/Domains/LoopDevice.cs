using System.Diagnostics;
using Microsoft.Win32.SafeHandles;

namespace GuestTune.HostController.Tests.Domains;

/// <summary>A block device of this host's kernel over a file of the test; the kernel takes it away when nobody has it open any more, this process included.</summary>
internal sealed class LoopDevice : IDisposable
{
    private readonly SafeFileHandle _held;
    private bool _hasPartition;

    /// <param name="file">Made anew, and deleted by who made its directory.</param>
    public LoopDevice(string file)
    {
        using (var backing = File.Create(file))
        {
            backing.SetLength(16 * 1024 * 1024);
        }

        Path = Run("losetup", "--find", "--show", "--partscan", file);
        _held = File.OpenHandle(Path, share: FileShare.ReadWrite);

        // Of one that is open this means: when it is not any more (loop_clr_fd in drivers/block/loop.c).
        Run("losetup", "--detach", Path);
    }

    /// <summary>Null where this machine lets one have them.</summary>
    public static string? WhyNot { get; } =
        !Environment.IsPrivilegedProcess ? "loop devices take root"
        : !File.Exists("/dev/loop-control") ? "this machine has no loop devices (/dev/loop-control)"
        : TryRun("losetup", "--find").Problem;

    public string Path { get; }

    public string Name => System.IO.Path.GetFileName(Path);

    /// <summary>The path of a first partition, from which one on counts; the kernel need not know any kind of partition table.</summary>
    public string AddPartition()
    {
        Run("addpart", Path, "1", "2048", "16384");
        _hasPartition = true;
        return $"{Path}p1";
    }

    /// <returns>What it says.</returns>
    public static string Run(string program, params string[] arguments) =>
        TryRun(program, arguments) is var (output, problem) && problem is null ? output : throw new IOException(problem);

    public void Dispose()
    {
        if (_hasPartition)
        {
            // Where that fails, it goes with the device (LO_FLAGS_PARTSCAN).
            TryRun("delpart", Path, "1");
        }

        _held.Dispose();
    }

    private static (string Output, string? Problem) TryRun(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        return (output, process.ExitCode == 0 ? null : $"{program} {string.Join(' ', arguments)}: {output}{errors.GetAwaiter().GetResult().Trim()}");
    }
}
