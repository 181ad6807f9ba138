namespace GuestTune.Practices.Values;

/// <summary>A set of CPUs, as a mask or as a list (<see cref="NumberSet"/>); shown as a mask, since that reads back as the same.</summary>
public sealed class CpuMaskValue : IValueKind
{
    public static CpuMaskValue Instance { get; } = new();

    public string Allowed => "a cpu mask such as ff, or a list such as 0-7,9";

    public bool TryNormalize(string text, out string normalized, out string? problem)
    {
        normalized = NumberSet.Parse(text, out problem)?.ToMask() ?? text;
        return problem is null;
    }
}
