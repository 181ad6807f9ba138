namespace GuestTune.Controller.Libvirt;

/// <summary>Which domains are listed (virConnectListAllDomainsFlags).</summary>
internal enum DomainFilter
{
    All = 0,
    Running = 1,
}
