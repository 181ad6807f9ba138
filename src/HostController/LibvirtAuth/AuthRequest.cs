using System.Globalization;
using System.Net;
using GuestTune.Practices;

namespace GuestTune.Controller.LibvirtAuth;

/// <summary>What is asked for, as a whole: a mechanism brings its transport with it.</summary>
internal sealed record AuthRequest(string Mechanism, string? Address, int? Port)
{
    public const string MechanismSetting = "mechanism";
    public const string AddressSetting = "address";
    public const string PortSetting = "port";

    public const string ScramSha256 = "scram-sha-256";
    public const string DigestMd5 = "digest-md5";
    public const string None = "none";

    /// <summary>Null: no calls over the network at all.</summary>
    public LibvirtTransport? Transport => Mechanism switch
    {
        ScramSha256 => LibvirtTransport.Tls,
        DigestMd5 => LibvirtTransport.Tcp,
        _ => null,
    };

    /// <exception cref="PracticeException">Names every mistake.</exception>
    public static AuthRequest Of(Desired desired)
    {
        var mistakes = desired.Settings.Keys.Where(static k => k is not (MechanismSetting or AddressSetting or PortSetting))
            .Select(static k => $"there is no setting '{k}' of {LibvirtAuthPractice.PracticeId}; there are: {MechanismSetting}, {AddressSetting}, {PortSetting}").ToList();
        var mechanism = desired.Settings.GetValueOrDefault(MechanismSetting);
        if (mechanism is not (ScramSha256 or DigestMd5 or None))
        {
            mistakes.Add($"{MechanismSetting} cannot be '{mechanism}'; it must be {ScramSha256}, {DigestMd5} or {None}");
        }

        var address = desired.Settings.GetValueOrDefault(AddressSetting);
        if (address is not null && !IPAddress.TryParse(address, out _))
        {
            mistakes.Add($"{AddressSetting} cannot be '{address}'; it must be an IP address of this host");
        }

        var port = 0;
        if (desired.Settings.GetValueOrDefault(PortSetting) is { } text && (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) || port is < 1 or > 65535))
        {
            mistakes.Add($"{PortSetting} cannot be '{text}'; it must be a whole number from 1 to 65535");
        }

        return mistakes.Count == 0 ? new AuthRequest(mechanism!, address, port == 0 ? null : port) : throw PracticeException.Invalid(string.Join("; ", mistakes));
    }

    /// <summary>What libvirt takes where nothing is said.</summary>
    public static string? DefaultOf(string name) => name switch
    {
        AuthFiles.ListenTcp => "0",
        AuthFiles.ListenTls => "1",
        AuthFiles.AuthTcp => "sasl",
        AuthFiles.AuthTls => "none",
        _ => null,
    };

    /// <summary>Every key and unit that has to have a value, in the order in which they are written.</summary>
    /// <exception cref="PracticeException">This daemon does not take what is asked for.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public IEnumerable<(string Name, string Value)> Values(AuthFiles files, LibvirtService service)
    {
        if (service.IsSocketActivated && (Address ?? Port?.ToString(CultureInfo.InvariantCulture)) is not null)
        {
            throw PracticeException.Precondition(
                $"{AddressSetting} and {PortSetting} are not {service.Name}'s to choose here, since systemd listens for it: set ListenStream= of the unit (systemctl edit {service.SocketUnit(Transport ?? LibvirtTransport.Tls)})");
        }

        if (Transport is { } transport)
        {
            yield return (AuthFiles.Mechanisms, Mechanism);
            yield return (AuthFiles.Passwords, files.Read(AuthFiles.Passwords) ?? SaslUsers.DefaultDatabase);
            yield return (transport == LibvirtTransport.Tls ? AuthFiles.AuthTls : AuthFiles.AuthTcp, "\"sasl\"");
        }

        if (service.IsSocketActivated)
        {
            yield return (service.SocketUnit(LibvirtTransport.Tcp), Transport == LibvirtTransport.Tcp ? AuthKnob.On : AuthKnob.Off);
            yield return (service.SocketUnit(LibvirtTransport.Tls), Transport == LibvirtTransport.Tls ? AuthKnob.On : AuthKnob.Off);
            yield break;
        }

        yield return (AuthFiles.ListenTcp, Transport == LibvirtTransport.Tcp ? "1" : "0");
        yield return (AuthFiles.ListenTls, Transport == LibvirtTransport.Tls ? "1" : "0");
        if (Address is not null)
        {
            yield return (AuthFiles.Address, $"\"{Address}\"");
        }

        if (Port is { } port)
        {
            yield return (Transport == LibvirtTransport.Tls ? AuthFiles.TlsPort : AuthFiles.TcpPort, string.Create(CultureInfo.InvariantCulture, $"\"{port}\""));
        }

        if (service.ArgumentsFile is not null && files.Read(AuthFiles.Arguments) is var arguments && ListenArgument.IsIn(arguments) != Transport is not null)
        {
            yield return (AuthFiles.Arguments, Transport is null ? ListenArgument.RemoveFrom(arguments) : ListenArgument.AddTo(arguments));
        }
    }
}
