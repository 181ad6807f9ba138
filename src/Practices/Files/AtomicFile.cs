using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace GuestTune.Practices.Files;

/// <summary>Replaces or removes a configuration file so that a reader, or a power cut, meets the old or the new content and nothing between.</summary>
public static class AtomicFile
{
    private const uint DefaultMode = 0x1a4; // 0644
    internal const uint PrivateMode = 0x180; // 0600
    private const string SecurityLabel = "security.selinux";
    private const int MaximumLabelBytes = 1024;

    /// <summary>Owner, mode and SELinux label of the file that is replaced are kept; a link is followed and stays a link.</summary>
    /// <param name="mode">Of a file that is new.</param>
    /// <exception cref="FileProblemException">Nothing has changed.</exception>
    public static void Replace(RootedFileSystem files, string path, ReadOnlySpan<byte> content, uint mode = DefaultMode)
    {
        ArgumentNullException.ThrowIfNull(files);
        var target = ResolveRegular(files, path, out var former);
        var directory = Path.GetDirectoryName(target)!;

        // One fixed name: what a crash leaves behind is overwritten, never collected. Only one operation runs at a time.
        var temporary = Path.Combine(directory, $".{Path.GetFileName(target)}.guesttune-new");
        _ = Libc.Unlink(temporary);
        try
        {
            using (var file = Libc.Open(temporary, Libc.WriteOnly | Libc.Create | Libc.Exclusive | Libc.CloseOnExec | Libc.NoFollow, PrivateMode))
            {
                if (file.IsInvalid)
                {
                    throw FileProblemException.For("create", temporary, Marshal.GetLastPInvokeError());
                }

                NativeFile.WriteAll(file, content, temporary);
                TakeOver(file, temporary, target, former, mode);
                NativeFile.Sync(file, temporary);
            }

            if (Libc.Rename(temporary, target) != 0)
            {
                throw FileProblemException.For("replace", target, Marshal.GetLastPInvokeError());
            }
        }
        catch (FileProblemException)
        {
            _ = Libc.Unlink(temporary);
            throw;
        }

        NativeFile.SyncDirectory(directory);
    }

    /// <exception cref="FileProblemException">It could not be removed.</exception>
    public static void Remove(RootedFileSystem files, string path)
    {
        ArgumentNullException.ThrowIfNull(files);
        var target = ResolveRegular(files, path, out _);
        if (Libc.Unlink(target) != 0 && Marshal.GetLastPInvokeError() is var errno and not Errno.NoEntry)
        {
            throw FileProblemException.For("remove", target, errno);
        }

        NativeFile.SyncDirectory(Path.GetDirectoryName(target)!);
    }

    private static string ResolveRegular(RootedFileSystem files, string path, out FileStatus? former)
    {
        var target = files.Resolve(path);
        var errno = FileStatus.TryGet(target, followLinks: false, out var status);
        former = errno == 0 ? status : null;
        if (errno is not 0 and not Errno.NoEntry)
        {
            throw FileProblemException.For("look at", target, errno);
        }

        if (former is { IsRegular: false })
        {
            // A link to /dev/null is how an administrator masks a file of systemd.
            throw new FileProblemException(Errno.Invalid, $"{path} is not a regular file (it leads to {target}): it is left alone; remove it first if that is what you want");
        }

        return target;
    }

    private static unsafe void TakeOver(SafeFileHandle file, string temporary, string target, FileStatus? former, uint mode)
    {
        if (former is { } status)
        {
            if (Libc.ChangeOwner(file, status.User, status.Group) != 0)
            {
                throw FileProblemException.For("keep the owner of", target, Marshal.GetLastPInvokeError());
            }

            CopyLabel(file, target);
        }

        // After chown, which clears set-id bits.
        if (Libc.ChangeMode(file, former?.Permissions ?? mode) != 0)
        {
            throw FileProblemException.For("set the mode of", temporary, Marshal.GetLastPInvokeError());
        }
    }

    private static unsafe void CopyLabel(SafeFileHandle file, string target)
    {
        using var source = Libc.Open(target, Libc.ReadOnly | Libc.CloseOnExec | Libc.NonBlocking, 0);
        if (source.IsInvalid)
        {
            throw FileProblemException.For("read", target, Marshal.GetLastPInvokeError());
        }

        byte* label = stackalloc byte[MaximumLabelBytes];
        var length = Libc.GetAttribute(source, SecurityLabel, label, MaximumLabelBytes);
        if (length < 0)
        {
            var errno = Marshal.GetLastPInvokeError();
            if (errno is Errno.NoData or Errno.NotSupported)
            {
                return;
            }

            throw FileProblemException.For("read the SELinux label of", target, errno);
        }

        // Without a policy in the kernel the label cannot be set, and then does not matter.
        if (length > 0 && Libc.SetAttribute(file, SecurityLabel, label, length, 0) != 0
            && Marshal.GetLastPInvokeError() is var error and not Errno.NotSupported)
        {
            throw FileProblemException.For("keep the SELinux label of", target, error);
        }
    }
}
