using System.Runtime.InteropServices;

namespace GuestTune.Controller.Differences;

/// <summary>One step from one sequence to another: kept where both positions are given, else taken away or put in.</summary>
/// <param name="Before">Position in the old sequence; -1 where the element is new.</param>
/// <param name="After">Position in the new sequence; -1 where the element is gone.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct DiffStep(int Before, int After)
{
    public bool IsKept => Before >= 0 && After >= 0;
}
