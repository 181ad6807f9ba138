namespace GuestTune.Controller.Libvirt;

/// <summary>virDomainXMLFlags.</summary>
[Flags]
internal enum DomainXmlFlags
{
    /// <summary>As it runs; of a domain that does not, its definition.</summary>
    Live = 0,

    /// <summary>Passwords too. Whoever redefines a domain needs them, or they are lost.</summary>
    Secure = 1,

    /// <summary>The persistent definition.</summary>
    Inactive = 2,
}

/// <summary>virDomainModificationImpact: both at once are done or refused together, as far as libvirt can tell beforehand.</summary>
[Flags]
internal enum DomainAffect
{
    None = 0,

    /// <summary>The running domain.</summary>
    Live = 1,

    /// <summary>The persistent definition.</summary>
    Config = 2,
}

/// <summary>virDomainState.</summary>
internal enum DomainState
{
    None = 0,
    Running = 1,
    Blocked = 2,
    Paused = 3,
    ShuttingDown = 4,
    ShutOff = 5,
    Crashed = 6,
    Suspended = 7,
}
