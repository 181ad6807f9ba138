using GuestTune.Agent.KernelArguments;

namespace GuestTune.Agent.Policy;

/// <summary>What the guest's administrator lets a host do.</summary>
internal sealed record AgentPolicy
{
    /// <summary>Without agent.conf the host, which owns the machine anyway, may do everything that the agent can.</summary>
    public static AgentPolicy AllowAll { get; } = new() { ConfigurationPath = string.Empty };

    /// <summary>Named in every refusal.</summary>
    public required string ConfigurationPath { get; init; }

    public NameFilter Rpcs { get; init; } = NameFilter.All;

    public NameFilter Practices { get; init; } = NameFilter.All;

    public bool MayPersist { get; init; } = true;

    /// <summary>Null: all that are not dangerous.</summary>
    public IReadOnlyList<NamePattern>? KernelArguments { get; init; }

    /// <summary>Everything that is wrong with the file; not empty: nothing that changes the guest is allowed.</summary>
    public IReadOnlyList<string> Mistakes { get; init; } = [];

    public string? Problem => Mistakes.Count == 0 ? null
        : $"{ConfigurationPath} has mistakes, and until they are mended nothing may be changed: {string.Join("; ", Mistakes)}";

    /// <returns>Null where it is allowed.</returns>
    public string? WhyRefused(string rpc)
    {
        if (AgentRpc.IsMutating(rpc) && Problem is { } problem)
        {
            return problem;
        }

        return Rpcs.Allows(rpc) ? null : $"{rpc} is refused by this guest's administrator ({ConfigurationPath})";
    }

    /// <returns>Null where it is allowed.</returns>
    public string? WhyPracticeRefused(string practice)
        => Practices.Allows(practice) ? null : $"practice '{practice}' is refused by this guest's administrator ({ConfigurationPath})";

    /// <returns>Null where it is allowed.</returns>
    public string? WhyPersistRefused()
        => MayPersist ? null : $"what outlives a reboot (persist, kernel arguments) is refused by this guest's administrator ({ConfigurationPath}: persist = no)";

    /// <returns>Null where it is allowed.</returns>
    public string? WhyKernelArgumentRefused(string key)
    {
        if (DangerousArguments.Contains(key))
        {
            return KernelArguments?.Any(p => p.IsName && p.Matches(key)) is true ? null
                : $"kernel argument '{key}' can take over this guest or its protections, and is refused unless the guest's administrator allows it by its name ({ConfigurationPath}: allow-kernel-arguments = {key})";
        }

        return KernelArguments is null || KernelArguments.Any(p => p.Matches(key)) ? null
            : $"kernel argument '{key}' is refused by this guest's administrator ({ConfigurationPath}: allow-kernel-arguments)";
    }
}
