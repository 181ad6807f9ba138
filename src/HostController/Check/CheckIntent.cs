namespace GuestTune.Controller.Check;

/// <summary>What a host is for; it decides which practices belong on it, since some are good for one and bad for the other.</summary>
internal enum CheckIntent
{
    /// <summary>vCPUs have host CPUs of their own.</summary>
    Dedicated,

    /// <summary>More vCPUs than host CPUs.</summary>
    Overcommit,
}
