using System.Runtime.InteropServices;
using GuestTune.Practices.Files;
using Microsoft.Win32.SafeHandles;

namespace GuestTune.Practices.Commands;

/// <summary>posix_spawn(3): the one way to start a program in a group of its own from a process with threads.</summary>
internal static unsafe class Spawn
{
    /// <summary>More than posix_spawnattr_t (336 bytes) and posix_spawn_file_actions_t (80 bytes) have in any libc.</summary>
    private const int StructureBytes = 1024;

    private const int SignalSetBytes = 128;

    // POSIX_SPAWN_SETPGROUP, SETSIGDEF, SETSIGMASK.
    private const short Flags = 0x02 | 0x04 | 0x08;

    /// <summary>Bits of SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM: .NET ignores some, and a program would inherit that.</summary>
    private const ulong DefaultSignals = (1UL << 0) | (1UL << 1) | (1UL << 2) | (1UL << 12) | (1UL << 14);

    /// <returns>0, or the errno.</returns>
    public static int Start(string path, IReadOnlyList<string> arguments, IReadOnlyList<string> environment, SafeFileHandle? input, SafeFileHandle output, SafeFileHandle errors, out int id)
    {
        var actions = stackalloc byte[StructureBytes];
        var attributes = stackalloc byte[StructureBytes];
        var signals = stackalloc ulong[SignalSetBytes / sizeof(ulong)];
        new Span<ulong>(signals, SignalSetBytes / sizeof(ulong)).Clear();
        id = 0;
        _ = Libc.SpawnActionsInit(actions);
        _ = Libc.SpawnAttributesInit(attributes);
        var texts = new List<nint>();
        try
        {
            // With none of them blocked.
            _ = Libc.SpawnSetMask(attributes, signals);
            signals[0] = DefaultSignals;
            _ = Libc.SpawnSetDefault(attributes, signals);
            _ = Libc.SpawnSetGroup(attributes, 0);
            _ = Libc.SpawnSetFlags(attributes, Flags);
            var errno = input is null ? Libc.SpawnAddOpen(actions, 0, "/dev/null", Libc.ReadOnly, 0) : Libc.SpawnAddDuplicate(actions, (int)input.DangerousGetHandle(), 0);
            errno = errno == 0 ? Libc.SpawnAddDuplicate(actions, (int)output.DangerousGetHandle(), 1) : errno;
            errno = errno == 0 ? Libc.SpawnAddDuplicate(actions, (int)errors.DangerousGetHandle(), 2) : errno;
            if (errno != 0)
            {
                return errno;
            }

            fixed (nint* argumentPointers = Pointers(arguments, texts), environmentPointers = Pointers(environment, texts))
            fixed (int* idPointer = &id)
            {
                return Libc.SpawnProcess(idPointer, path, actions, attributes, argumentPointers, environmentPointers);
            }
        }
        finally
        {
            texts.ForEach(Marshal.FreeCoTaskMem);
            _ = Libc.SpawnActionsDestroy(actions);
            _ = Libc.SpawnAttributesDestroy(attributes);
        }
    }

    private static nint[] Pointers(IReadOnlyList<string> values, List<nint> texts)
    {
        var pointers = new nint[values.Count + 1];
        for (var i = 0; i < values.Count; i++)
        {
            pointers[i] = Marshal.StringToCoTaskMemUTF8(values[i]);
            texts.Add(pointers[i]);
        }

        return pointers;
    }
}
