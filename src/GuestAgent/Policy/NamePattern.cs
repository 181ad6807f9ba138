using System.IO.Enumeration;

namespace GuestTune.Agent.Policy;

/// <summary>A name of kernel arguments in which <c>*</c> stands for any text; <c>-</c> equals <c>_</c>, as for the kernel.</summary>
internal readonly record struct NamePattern(string Text)
{
    public bool IsName => !Text.Contains('*', StringComparison.Ordinal);

    public bool Matches(string name) => FileSystemName.MatchesSimpleExpression(Fold(Text), Fold(name), ignoreCase: false);

    private static string Fold(string text) => text.Replace('-', '_');
}
