namespace GuestTune.Practices.Files;

/// <summary>Whom a file belongs to, and who may do what with it.</summary>
/// <param name="Permissions">The twelve lowest bits of its mode.</param>
public readonly record struct FileRights(uint User, uint Group, uint Permissions, bool IsDirectory, bool IsSymbolicLink);
