namespace GuestTune.Agent.Policy;

/// <summary>The RPCs that a policy can name.</summary>
internal static class AgentRpc
{
    public const string ServiceName = "guesttune.agent.v1.Agent";
    public const string MethodPrefix = "/" + ServiceName + "/";

    /// <summary>As in agent.proto; a test keeps the two the same.</summary>
    public static IReadOnlyList<string> All { get; } =
        ["Ping", "GetInfo", "Observe", "Plan", "Apply", "Undo", "History", "Reboot", "EndBootTrial", "MeasureThroughput"];

    /// <summary>What a broken agent.conf refuses: everything that changes the guest.</summary>
    public static bool IsMutating(string rpc) => rpc is "Apply" or "Undo" or "Reboot" or "EndBootTrial";
}
