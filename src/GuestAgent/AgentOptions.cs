using GuestTune.Practices.Journaling;

namespace GuestTune.Agent;

/// <summary>Where the agent finds its surroundings. All paths but <see cref="Root"/> are paths inside the root.</summary>
internal sealed record AgentOptions
{
    /// <summary>The kernel allows so many characters in the name of a port's symbolic link; more can come from no host.</summary>
    private const int MaximumPortNameLength = 255;

    /// <summary>Top of the file system that is tuned; another one than / is for tests and offline trees.</summary>
    public string Root { get; init; } = "/";

    /// <summary>Holds the journal and its lock.</summary>
    public string StateDirectory { get; init; } = "/var/lib/guesttune";

    /// <summary>What the administrator lets a host do; see docs/agent.md.</summary>
    public string ConfigPath { get; init; } = "/etc/guesttune/agent.conf";

    /// <summary>Name of the virtio-serial port, as the host gives it.</summary>
    public string PortName { get; init; } = "org.guesttune.agent.0";

    /// <summary>So many of the newest operations can be shown and undone.</summary>
    public int KeptOperations { get; init; } = 1000;

    /// <summary>Every mistake at once, each with the option of the command line, the value and what is allowed.</summary>
    public IEnumerable<string> Validate()
    {
        if (string.IsNullOrEmpty(Root) || !Directory.Exists(Root))
        {
            yield return $"--root is '{Root}': it must be an existing directory";
        }

        if (!IsAbsolute(ConfigPath))
        {
            yield return $"--config is '{ConfigPath}': it must be an absolute path";
        }

        if (!IsAbsolute(StateDirectory))
        {
            yield return $"--state is '{StateDirectory}': it must be an absolute path";
        }

        if (string.IsNullOrEmpty(PortName) || PortName.Length > MaximumPortNameLength || PortName.AsSpan().ContainsAny('/', '\0') || PortName is "." or "..")
        {
            yield return $"--port is '{PortName}': it must be the name of a port without '/', at most {MaximumPortNameLength} characters, e.g. org.guesttune.agent.0";
        }

        foreach (var mistake in new JournalOptions { Directory = "/", KeptOperations = KeptOperations }.Validate())
        {
            yield return mistake;
        }
    }

    private static bool IsAbsolute(string path) => !string.IsNullOrEmpty(path) && path[0] == '/';
}
