using System.Runtime.InteropServices;
using System.Text;

namespace GuestTune.Practices.Files;

/// <summary>Writes one value to the kernel in one write(2), and tells its refusals apart.</summary>
internal static class SysfsFile
{
    /// <exception cref="FileProblemException">The kernel did not take the value.</exception>
    public static void Write(RootedFileSystem files, string path, string value)
    {
        using var file = Libc.Open(files.ResolveToRead(path), Libc.WriteOnly | Libc.Truncate | Libc.CloseOnExec | Libc.NonBlocking, 0);
        if (file.IsInvalid)
        {
            throw Refused(path, value, Marshal.GetLastPInvokeError());
        }

        // With a line end, as echo writes it: kernel parsers take one off.
        try
        {
            NativeFile.WriteAll(file, Encoding.UTF8.GetBytes(value + "\n"), path);
        }
        catch (FileProblemException e)
        {
            throw Refused(path, value, e.ErrorNumber);
        }
    }

    private static FileProblemException Refused(string path, string value, int errno) => new(errno, errno switch
    {
        Errno.Invalid => $"the kernel refused '{value}' for {path}: not a valid value there (EINVAL)",
        Errno.OutOfRange => $"the kernel refused '{value}' for {path}: out of the range of its type (ERANGE)",
        Errno.AccessDenied or Errno.PermissionNotPermitted => $"'{value}' could not be written to {path}: {Errno.Text(errno)}; the parameter is read-only or the agent does not run as root",
        Errno.ReadOnlyFileSystem => $"'{value}' could not be written to {path}: {Errno.Text(errno)}; /sys is mounted read-only for the agent (a container, or ProtectKernelTunables=yes in its unit)",
        Errno.NoEntry or Errno.NotDirectory => $"'{value}' could not be written to {path}: this kernel has no such file (ENOENT)",
        _ => $"'{value}' could not be written to {path}: {Errno.Text(errno)}",
    });
}
