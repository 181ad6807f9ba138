namespace GuestTune.Practices.Tests.Operations;

/// <summary>A clock that shows what it is told.</summary>
internal sealed class SettableClock : TimeProvider
{
    public DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch.AddYears(60);

    public override DateTimeOffset GetUtcNow() => Now;
}
