namespace GuestTune.Controller.LibvirtAuth;

/// <summary>What is made for one daemon, and kept as long as it is the one.</summary>
internal sealed record AuthParts(LibvirtService Service, AuthFiles Files, LoginTrial Trial, AuthWriter Writer);
