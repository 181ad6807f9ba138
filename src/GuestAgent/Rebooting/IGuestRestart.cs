namespace GuestTune.Agent.Rebooting;

/// <summary>One way to restart the operating system.</summary>
internal interface IGuestRestart
{
    /// <summary>As in agent.proto, e.g. "systemd".</summary>
    string Method { get; }

    /// <summary>Why this system cannot be restarted so; null where it can.</summary>
    string? WhyNot();

    /// <summary>Returns before the system goes down, so that the caller can be answered.</summary>
    /// <exception cref="IOException">It was refused; nothing goes down.</exception>
    void Begin();
}
