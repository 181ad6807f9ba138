namespace GuestTune.Practices.Files;

/// <summary>What reading a small text file gave.</summary>
/// <param name="Text">Null when it could not be read.</param>
/// <param name="Problem">Why not, e.g. "no such file".</param>
/// <param name="IsMissing">There is no such file: for many questions an answer, not a problem.</param>
public readonly record struct FileReading(string? Text, string? Problem, bool IsMissing)
{
    /// <summary>The text without the line end that sysfs and procfs put after every value.</summary>
    public string? Value => Text?.TrimEnd('\n', ' ', '\t', '\r', '\0');
}
