using System.Reflection;

namespace GuestTune.Agent.Services;

/// <summary>What tells this start of this agent from all others.</summary>
internal sealed class AgentIdentity
{
    /// <summary>Of agent.proto; a minor number counts additions.</summary>
    public const string ApiVersion = "v1.1";

    public string InstanceId { get; } = Guid.NewGuid().ToString();

    public string AgentVersion { get; } =
        typeof(AgentIdentity).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}
