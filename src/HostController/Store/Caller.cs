using GuestTune.Controller.Serving;

namespace GuestTune.Controller.Store;

/// <summary>Who has asked for what is being done; for the audit.</summary>
/// <param name="Origin">"command", or "daemon" where the controller was asked over its socket.</param>
internal sealed record Caller(string Name, string Origin)
{
    private static readonly AsyncLocal<Caller?> Asking = new();

    private static readonly Caller OwnProcess = new(NameOf(Libc.GetEffectiveUserId(), Environment.ProcessId), "command");

    /// <summary>Of the call that runs: as the daemon has set it, else this process.</summary>
    public static Caller Current => Asking.Value ?? OwnProcess;

    public static void Set(PeerCredentials peer) => Asking.Value = new Caller(NameOf(peer.UserId, peer.ProcessId), "daemon");

    public AuditRecord Record(DateTimeOffset at, string action, string target, string outcome) => new(at, Name, Origin, action, target, outcome);

    private static string NameOf(uint userId, int processId) => $"user {userId}, process {processId}";
}
