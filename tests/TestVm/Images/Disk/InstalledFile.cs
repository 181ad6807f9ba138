namespace GuestTune.Testing;

/// <summary>A file on its way into a disk guest.</summary>
/// <param name="Source">Of this machine.</param>
/// <param name="Target">In the guest, below /.</param>
public sealed record InstalledFile(string Source, string Target, UnixFileMode Mode = InstalledFile.Readable)
{
    public const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    public const UnixFileMode Executable = Readable | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
}
