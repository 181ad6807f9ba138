namespace GuestTune.Practices;

/// <summary>When a value counts: now, after the next start, or only as surroundings that explain a verdict.</summary>
public enum Scope
{
    Unspecified = 0,
    InForce = 1,
    Persistent = 2,
    Context = 3,
}
