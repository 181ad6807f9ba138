namespace GuestTune.Controller.LibvirtAuth;

/// <summary>The daemon of libvirt that takes calls over the network, and the files that decide how.</summary>
/// <param name="Name">libvirtd, or virtproxyd where each driver has a daemon of its own.</param>
/// <param name="ArgumentsFile">Where LIBVIRTD_ARGS is; null for a daemon that needs no --listen.</param>
/// <param name="IsSocketActivated">systemd listens in its place, on sockets whose units decide about ports and addresses.</param>
internal sealed record LibvirtService(string Name, string ConfigurationFile, string SaslFile, string? ArgumentsFile, bool IsSocketActivated)
{
    public const string Monolithic = "libvirtd";
    public const string Modular = "virtproxyd";

    public string Unit => Name + ".service";

    public string SocketUnit(LibvirtTransport transport) => $"{Name}-{(transport == LibvirtTransport.Tls ? "tls" : "tcp")}.socket";
}
