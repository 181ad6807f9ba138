namespace GuestTune.Controller.Selection;

/// <summary>Finds the names that a mistyped one may have meant.</summary>
internal static class NearMatches
{
    private const int MaxMatches = 3;

    public static IReadOnlyList<string> Of(string name, IEnumerable<string> candidates) =>
    [
        .. candidates
            .Select(c => (Name: c, Distance: Distance(name, c)))
            .Where(m => m.Distance <= Math.Max(1, name.Length / 3))
            .OrderBy(m => m.Distance)
            .Take(MaxMatches)
            .Select(m => m.Name),
    ];

    // Levenshtein, case ignored: VM1 is as near to vm1 as can be.
    private static int Distance(string a, string b)
    {
        if (Math.Abs(a.Length - b.Length) > a.Length)
        {
            return int.MaxValue;
        }

        var row = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
        {
            row[j] = j;
        }

        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var same = char.ToUpperInvariant(a[i - 1]) == char.ToUpperInvariant(b[j - 1]);
                var cost = Math.Min(Math.Min(row[j] + 1, row[j - 1] + 1), diagonal + (same ? 0 : 1));
                diagonal = row[j];
                row[j] = cost;
            }
        }

        return row[b.Length];
    }
}
