using System.Runtime.InteropServices;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.Kernel;

/// <summary>Which kernel runs, and since which boot.</summary>
internal sealed class KernelIdentity(RootedFileSystem files)
{
    private const string BootIdPath = "/proc/sys/kernel/random/boot_id";

    /// <summary>As uname(2) says, e.g. 6.12.0-amd64.</summary>
    public string Release { get; } = files.ReadText("/proc/sys/kernel/osrelease").Value ?? "unknown";

    /// <summary>As uname(2) says, e.g. x86_64.</summary>
    public string Architecture { get; } = files.ReadText("/proc/sys/kernel/arch").Value ?? RuntimeInformation.ProcessArchitecture switch
    {
        // Before Linux 6.1 there is no such file.
        System.Runtime.InteropServices.Architecture.X64 => "x86_64",
        System.Runtime.InteropServices.Architecture.Arm64 => "aarch64",
        var other => other.ToString().ToLowerInvariant(),
    };

    /// <summary>Does not change while this program runs.</summary>
    public string BootId { get; } = files.ReadText(BootIdPath).Value ?? "unknown";
}
