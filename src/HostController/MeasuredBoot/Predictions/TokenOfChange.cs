namespace GuestTune.Controller.MeasuredBoot.Predictions;

/// <summary>An argument that a change adds to the kernel command line, or takes away.</summary>
internal sealed record TokenOfChange(bool IsAdded, string Token)
{
    /// <summary>The kernel takes <c>-</c> for <c>_</c> in names (kernel/params.c, parameq).</summary>
    public string Key => KeyOf(Token);

    /// <summary>Empty for a key alone.</summary>
    public string Value => Token.IndexOf('=', StringComparison.Ordinal) is >= 0 and var at ? Token[(at + 1)..] : "";

    public static string KeyOf(string token) => token.Split('=', 2)[0].Replace('-', '_');

    public override string ToString() => (IsAdded ? "+" : "-") + Token;

    public static string Join(IEnumerable<TokenOfChange> changes) => string.Join(' ', changes);

    /// <param name="text">As <see cref="Join"/> made it.</param>
    public static IReadOnlyList<TokenOfChange> Parse(string text) => [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static t => new TokenOfChange(t[0] == '+', t[1..]))];
}
