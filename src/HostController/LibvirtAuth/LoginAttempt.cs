namespace GuestTune.Controller.LibvirtAuth;

/// <summary>How somebody comes to libvirt's door.</summary>
/// <param name="User">Null: without a user and a password.</param>
/// <param name="Certificates">What TLS is spoken with.</param>
internal sealed record LoginAttempt(string Uri, string? User, string? Password, CertificatePaths? Certificates);
