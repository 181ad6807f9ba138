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
            throw Refused(files, path, value, Marshal.GetLastPInvokeError());
        }

        // With a line end, as echo writes it: kernel parsers take one off.
        try
        {
            NativeFile.WriteAll(file, Encoding.UTF8.GetBytes(value + "\n"), path);
        }
        catch (FileProblemException e)
        {
            throw Refused(files, path, value, e.ErrorNumber);
        }
    }

    private static FileProblemException Refused(RootedFileSystem files, string path, string value, int errno) => new(errno, errno switch
    {
        Errno.Invalid => $"the kernel refused '{value}' for {path}: not a valid value there (EINVAL)",
        Errno.OutOfRange => $"the kernel refused '{value}' for {path}: out of the range of its type (ERANGE)",
        Errno.Overflow => $"the kernel refused '{value}' for {path}: it has more bits than this kernel has CPUs (EOVERFLOW)",
        Errno.AccessDenied or Errno.PermissionNotPermitted => $"'{value}' could not be written to {path}: {Errno.Text(errno)}; {WhyDenied(files, path)}",
        Errno.ReadOnlyFileSystem => $"'{value}' could not be written to {path}: {Errno.Text(errno)}; /sys is mounted read-only for this program (a container, or its unit; where the file came after the program was started, restart that)",
        Errno.NoEntry or Errno.NotDirectory => $"'{value}' could not be written to {path}: this kernel has no such file (ENOENT)",
        _ => $"'{value}' could not be written to {path}: {Errno.Text(errno)}",
    });

    /// <summary>sysfs refuses root, too, what the file's mode does not have (fs/kernfs/file.c, kernfs_fop_open).</summary>
    private static string WhyDenied(RootedFileSystem files, string path)
    {
        if (FileStatus.TryGet(files.ResolveToRead(path), followLinks: true, out var status) == 0 && !status.IsWritable)
        {
            return $"it is read-only for everybody in this kernel (mode 0{Convert.ToString(status.Permissions, 8)})";
        }

        var user = Libc.EffectiveUser();
        return user == 0 ? "root may not, either: a capability or a security module is in the way (CAP_SYS_ADMIN, SELinux, lockdown)" : $"only root may, and this program runs as user {user}";
    }
}
