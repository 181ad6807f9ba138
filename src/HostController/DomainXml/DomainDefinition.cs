namespace GuestTune.Controller.DomainXml;

/// <summary>A domain among its neighbours: as it is defined, or as it runs.</summary>
/// <param name="Xml">Null where libvirt does not hand it over.</param>
/// <param name="Problem">Why not; null where it does.</param>
internal sealed record DomainDefinition(Guid Uuid, string Name, string? Xml, string? Problem = null);
