namespace GuestTune.Agent.QemuGa;

/// <summary>Commands that cost more than their name says when they are blocked.</summary>
internal static class EssentialRpcs
{
    /// <summary>Without these no host can tell whether qemu-ga lives, nor what it blocks.</summary>
    public static IReadOnlyList<string> NeedForce { get; } = ["guest-ping", "guest-sync", "guest-sync-delimited", "guest-info"];

    /// <returns>What the host loses; null where nothing of note.</returns>
    public static string? LossOf(string command) => command switch
    {
        "guest-shutdown" => "the host can no longer shut the guest down through qemu-ga (virsh shutdown --mode agent)",
        "guest-fsfreeze-freeze" or "guest-fsfreeze-freeze-list" or "guest-fsfreeze-thaw" => "snapshots can no longer freeze the guest's file systems (virsh snapshot-create --quiesce)",
        "guest-set-time" => "the clock is no longer set after a suspended or migrated guest resumes",
        _ => null,
    };
}
