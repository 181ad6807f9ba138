namespace GuestTune.Practices;

/// <summary>When a change counts.</summary>
public enum TakesEffect
{
    Unspecified = 0,
    Now = 1,
    AfterGuestReboot = 2,
    AfterPowerCycle = 3,
    AfterHostReboot = 4,
}
