namespace GuestTune.Controller.MeasuredBoot.Comparison;

/// <summary>A token of a command line that is new, or gone.</summary>
internal sealed record TokenChange(bool IsAdded, string Token)
{
    public string Key => KeyOf(Token);

    /// <summary>Empty for a key alone.</summary>
    public string Value => Token.IndexOf('=', StringComparison.Ordinal) is >= 0 and var at ? Token[(at + 1)..] : "";

    /// <summary>The kernel takes <c>-</c> for <c>_</c> in names (kernel/params.c, parameq).</summary>
    public static string KeyOf(string token) => token.Split('=', 2)[0].Replace('-', '_');

    public static string Join(IEnumerable<TokenChange> changes) => string.Join(' ', changes);

    /// <param name="text">As <see cref="Join"/> made it.</param>
    public static IReadOnlyList<TokenChange> Parse(string text) => [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static t => new TokenChange(t[0] == '+', t[1..]))];

    public override string ToString() => (IsAdded ? "+" : "-") + Token;
}
