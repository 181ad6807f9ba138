namespace GuestTune.Practices.Values;

/// <summary>A set of CPUs, as a mask or as a list (<see cref="CpuSet"/>); shown as a mask, since that reads back as the same.</summary>
public sealed class CpuMaskValue : IValueKind
{
    public static CpuMaskValue Instance { get; } = new();

    public string Allowed => "a cpu mask such as ff, or a list such as 0-7,9";

    public bool TryNormalize(string text, out string normalized, out string? problem)
    {
        normalized = CpuSet.Parse(text, out problem)?.ToMask() ?? text;
        return problem is null;
    }
}
