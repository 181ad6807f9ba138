namespace GuestTune.Agent.Policy;

/// <summary>The RPCs that a policy can name: those of all services of this project, by names that no two of them share.</summary>
internal static class AgentRpc
{
    public const string ServiceName = "guesttune.agent.v1.Agent";
    public const string MeasuredBootServiceName = "guesttune.agent.v1.MeasuredBoot";

    private static readonly string[] MeasuredBoot = ["ReadPcrs", "GetKeys", "ActivateCredential", "Quote", "ReadEventLog", "ReadBootFiles"];

    /// <summary>As in the files of proto/guesttune/agent/v1; a test keeps the two the same.</summary>
    public static IReadOnlyList<string> All { get; } =
        ["Ping", "GetInfo", "Observe", "Plan", "Apply", "Undo", "History", "Reboot", "EndBootTrial", "MeasureThroughput", .. MeasuredBoot];

    /// <summary>What a broken agent.conf refuses: everything that changes the guest.</summary>
    public static bool IsMutating(string rpc) => rpc is "Apply" or "Undo" or "Reboot" or "EndBootTrial";

    /// <param name="path">As HTTP/2 has it: /SERVICE/METHOD.</param>
    /// <returns>Null where no service has such a method in just this spelling.</returns>
    public static string? FromPath(string path)
    {
        var end = path.LastIndexOf('/');
        var name = path[(end + 1)..];
        return end > 0 && string.Equals(path[1..end], ServiceOf(name), StringComparison.Ordinal) ? name : null;
    }

    private static string? ServiceOf(string rpc) =>
        Array.IndexOf(MeasuredBoot, rpc) >= 0 ? MeasuredBootServiceName
        : All.Contains(rpc, StringComparer.Ordinal) ? ServiceName
        : null;
}
