namespace GuestTune.Controller.Serving;

/// <summary>Who may use the daemon: root, the user it runs as, and the members of one group.</summary>
internal sealed record PeerPolicy(uint OwnUserId, uint? GroupId, string? GroupName)
{
    public bool Allows(PeerCredentials peer) =>
        peer.UserId == 0 || peer.UserId == OwnUserId || (GroupId is { } group && (peer.GroupId == group || peer.Groups.Contains(group)));

    public string Refusal(PeerCredentials peer) =>
        $"user {peer.UserId} may not use this controller; "
        + (GroupName is null ? "root may (guesttune serve --group NAME lets a group in)" : $"root and members of the group {GroupName} may");
}
