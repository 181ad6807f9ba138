namespace GuestTune.Agent.SealedDisks;

/// <summary>What a look at all block devices gave.</summary>
/// <param name="Unreadable">Devices that could not be looked at, with the reason.</param>
internal sealed record DiskSurvey(IReadOnlyList<SealedDisk> Disks, IReadOnlyList<(string Path, string Problem)> Unreadable);
