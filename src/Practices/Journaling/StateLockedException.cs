namespace GuestTune.Practices.Journaling;

/// <summary>Another process uses the state directory; starting anyway would let two programs undo each other.</summary>
public sealed class StateLockedException : IOException
{
    public StateLockedException(string message)
        : base(message)
    {
    }
}
