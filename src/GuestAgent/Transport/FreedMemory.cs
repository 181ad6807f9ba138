using System.Runtime.InteropServices;

namespace GuestTune.Agent.Transport;

/// <summary>
/// Gives memory back that the C library keeps after it was freed. .NET's compiler takes megabytes for moments, in arenas of threads, and glibc
/// gives back only what is free at an arena's end (malloc_trim(3)).
/// </summary>
internal sealed partial class FreedMemory : IFreedMemory
{
    public void GiveBack()
    {
        try
        {
            _ = Trim(0);
        }
        catch (EntryPointNotFoundException)
        {
            // Another C library than glibc.
        }
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint padBytes);
}
