namespace GuestTune.SoftwareTpms;

/// <summary>An event of a boot as <see cref="Tpm2EventLog"/> tells it.</summary>
public sealed class JudgedEvent
{
    public int Pcr { get; internal set; }

    public string Type { get; internal set; } = string.Empty;

    public int SizeBytes { get; internal set; }

    /// <summary>In hexadecimal.</summary>
    public IDictionary<string, string> DigestsByBank { get; } = new Dictionary<string, string>(StringComparer.Ordinal);
}
