namespace GuestTune.Practices.Tmpfiles;

/// <summary>A value that will be written at boot, and the file that says so.</summary>
public readonly record struct TmpfilesValue(string Value, string Configuration);
