namespace GuestTune.Controller.LibvirtAuth;

/// <summary>What became of an attempt to log in.</summary>
internal enum LoginOutcome
{
    /// <summary>libvirt let it in.</summary>
    Accepted,

    /// <summary>libvirt asked who it is, and did not believe it.</summary>
    Refused,

    /// <summary>It failed before anybody asked: nobody listens, or TLS did not come about.</summary>
    Unreachable,
}
