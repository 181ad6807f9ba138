namespace GuestTune.Agent.Kernel;

/// <summary>One option of a kernel's configuration.</summary>
/// <param name="Value">y, m, n or a text; null where the configuration is nowhere to be read.</param>
/// <param name="Source">The file that says so.</param>
internal sealed record KernelOption(string Name, string? Value, string? Source)
{
    public bool IsOff => Value is "n";

    public override string ToString() => Value is null ? $"{Name} is unknown" : $"{Source} says {Name}={Value}";
}
