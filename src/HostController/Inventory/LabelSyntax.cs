using System.Buffers;

namespace GuestTune.Controller.Inventory;

/// <summary>What a label's key may look like, in the inventory, in a domain's metadata and on the command line alike.</summary>
internal static class LabelSyntax
{
    public const string KeyRule = "1 to 63 characters of A-Z a-z 0-9 . _ / -";

    private const int MaxKeyLength = 63;
    private static readonly SearchValues<char> KeyCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._/-");

    public static bool IsKey(string? key) =>
        key is { Length: > 0 and <= MaxKeyLength } && !key.AsSpan().ContainsAnyExcept(KeyCharacters);
}
