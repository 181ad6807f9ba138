namespace GuestTune.Controller.LibvirtAuth;

/// <summary>Starts and stops what serves libvirt: a seam, since tests have a daemon without systemd.</summary>
internal interface ILibvirtControl
{
    /// <summary>The daemon of this host.</summary>
    /// <param name="problem">Why there is none that can be configured; null where there is one.</param>
    LibvirtService? Find(out string? problem);

    /// <summary>Whether a unit is started now and at boot.</summary>
    bool IsUnitOn(string unit);

    /// <summary>Has the daemon read its files anew, and switches units of sockets on and off; returns when it runs. Domains go on.</summary>
    /// <exception cref="IOException">It does not come up; with what it said.</exception>
    void Restart(LibvirtService service, IReadOnlyDictionary<string, bool> units);

    /// <summary>Has nobody served over these sockets, now and at boot, nor by the daemon itself until it is started again.</summary>
    /// <exception cref="IOException">It may serve yet.</exception>
    void Stop(LibvirtService service, IReadOnlyCollection<string> sockets);
}
