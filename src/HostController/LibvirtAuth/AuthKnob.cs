using GuestTune.Practices;

namespace GuestTune.Controller.LibvirtAuth;

/// <summary>One key of libvirt's configuration, or one socket of systemd; written only together with the others, since each time costs a restart.</summary>
internal sealed class AuthKnob(string name, AuthWriter writer) : IKnob
{
    public const string On = "on";
    public const string Off = "off";

    /// <summary>The key, or the unit.</summary>
    public string Name => name;

    public IKnobWriter? Writer => writer;

    public KnobReading Read() => writer.Read(name);

    public void Write(string? value) => writer.Write([new KnobWrite(this, value)]);

    // Names of mechanisms are read without regard to case (RFC 4422), quotes mean nothing, and the order of arguments does not matter here.
    public bool AreEqual(string? left, string? right) => string.Equals(ConfigText.Plain(left), ConfigText.Plain(right), StringComparison.OrdinalIgnoreCase);
}
