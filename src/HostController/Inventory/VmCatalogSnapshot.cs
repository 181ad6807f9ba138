namespace GuestTune.Controller.Inventory;

/// <summary>What the sources said at one moment.</summary>
/// <param name="Vms">In natural order of their names.</param>
/// <param name="SourceCount">How many sources were asked.</param>
/// <param name="Failures">One message for every source that could not be asked.</param>
/// <param name="Warnings">What a user should know, and no reason to stop.</param>
internal sealed record VmCatalogSnapshot(
    IReadOnlyList<VmEntry> Vms,
    int SourceCount,
    IReadOnlyList<string> Failures,
    IReadOnlyList<string> Warnings);
