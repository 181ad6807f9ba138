namespace GuestTune.Controller.LibvirtAuth;

/// <summary>The files that libvirt's TLS needs: who signs, who one is, and the proof of it.</summary>
internal sealed record CertificatePaths(string Authority, string Certificate, string Key);
