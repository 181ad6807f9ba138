using System.Text;
using GuestTune.Controller.Channel;

namespace GuestTune.Controller.Serving;

/// <summary>How the daemon listens and whom it serves.</summary>
internal sealed record ServeOptions
{
    private const int MaxSocketPathBytes = 107;

    public required string SocketPath { get; init; }

    /// <summary>Name or number of the group whose members may use the daemon; null for root and the daemon's own user only.</summary>
    public string? Group { get; init; }

    /// <summary>How long calls in progress may go on when the daemon is told to stop.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(15);

    public AgentLinkOptions Links { get; init; } = new();

    /// <returns>Every mistake, or nothing.</returns>
    public IReadOnlyList<string> Validate()
    {
        var mistakes = new List<string>();
        if (!Path.IsPathRooted(SocketPath))
        {
            mistakes.Add($"the socket's path is '{SocketPath}'; it must be absolute");
        }

        if (Encoding.UTF8.GetByteCount(SocketPath) is > MaxSocketPathBytes and var size)
        {
            mistakes.Add($"the socket's path has {size} bytes; Linux allows {MaxSocketPathBytes}");
        }

        if (Group is { Length: 0 })
        {
            mistakes.Add("the group is empty; give its name or number");
        }

        if (StopTimeout < TimeSpan.Zero)
        {
            mistakes.Add($"{nameof(StopTimeout)} is {StopTimeout}; it cannot be negative");
        }

        mistakes.AddRange(Links.Validate());
        return mistakes;
    }
}
