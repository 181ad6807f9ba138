using System.Globalization;
using GuestTune.Practices;

namespace GuestTune.Controller.DomainXml;

/// <summary>The settings of a call, whose names and values the catalogue has checked; here they get their types.</summary>
internal sealed class Wishes(Desired desired)
{
    public bool IsForced => desired.Force;

    public string? Text(string name) => desired.Settings.GetValueOrDefault(name);

    public bool? Switch(string name) => Text(name) is { } text ? text is "true" : null;

    public int? Number(string name) => Text(name) is { } text ? int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture) : null;

    /// <summary><c>KEY=VALUE KEY=VALUE</c>.</summary>
    public IReadOnlyList<(string Key, string Value)> Pairs(string name) => Text(name) is { } text
        ? [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static p => p.IndexOf('=', StringComparison.Ordinal) is > 0 and var at ? (p[..at], p[(at + 1)..]) : throw PracticeException.Invalid($"'{p}' is not KEY=VALUE"))]
        : [];
}
