namespace GuestTune.Controller.Check;

/// <summary>Where a practice is looked at.</summary>
internal enum CheckPlace
{
    Host,

    /// <summary>libvirt's definition of a VM.</summary>
    Domain,

    Guest,
}
