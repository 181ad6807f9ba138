using System.Globalization;
using GuestTune.Practices.Files;

namespace GuestTune.Controller.HostPractices;

/// <summary>Which kernel the host runs, and since which boot.</summary>
internal sealed class HostKernel(RootedFileSystem files)
{
    /// <summary>As uname(2) says.</summary>
    public string Release { get; } = files.ReadText("/proc/sys/kernel/osrelease").Value ?? "unknown";

    public string BootId { get; } = files.ReadText("/proc/sys/kernel/random/boot_id").Value ?? "unknown";

    /// <summary>Of Linux itself; 0.0 where the release does not begin with it. Distributions carry later fixes under older numbers.</summary>
    public Version Version
    {
        get
        {
            var parts = Release.Split('.', '-');
            return parts.Length > 1
                && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var major)
                && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var minor)
                ? new Version(major, minor)
                : new Version(0, 0);
        }
    }
}
