using GuestTune.VirtioSerial;

namespace GuestTune.Controller.Channel;

/// <summary>The session that a call goes over.</summary>
/// <param name="Took">Zero where the session was there already.</param>
internal readonly record struct Attachment(Session Session, TimeSpan Took)
{
    public bool HasEnded => Session.Ended.IsCompleted;
}
