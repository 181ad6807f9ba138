using System.Net;
using System.Security.Cryptography;

namespace GuestTune.PrivateLibvirts;

/// <summary>What a test wants otherwise than a <see cref="PrivateLibvirt"/> is made.</summary>
public sealed record PrivateLibvirtOptions
{
    /// <summary>Further lines of libvirtd.conf, which count before those that are always there.</summary>
    public IReadOnlyList<string> DaemonSettings { get; init; } = [];

    /// <summary>Further lines of qemu.conf.</summary>
    public IReadOnlyList<string> QemuSettings { get; init; } = [];

    /// <summary>A loopback address that no other test has.</summary>
    public IPAddress Address { get; init; } = new([127, .. RandomNumberGenerator.GetBytes(2), (byte)RandomNumberGenerator.GetInt32(2, 255)]);

    /// <summary>Serves TCP or TLS at <see cref="Address"/>, as <see cref="DaemonSettings"/> say.</summary>
    public bool Listen { get; init; }

    /// <summary>Mounts a file system of huge pages of 2 MiB for domains; where there are pages is the machine's affair.</summary>
    public bool HasHugePages { get; init; }

    /// <summary>Of the daemon, e.g. SASL_CONF_PATH.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);
}
