using GuestTune.Controller.Inventory;

namespace GuestTune.Controller.Selection;

/// <summary>One <c>key=value</c> or <c>key</c> that a VM's labels must match.</summary>
/// <param name="Value">Null: any value.</param>
internal sealed record LabelFilter(string Key, string? Value)
{
    /// <returns>Null where the text is no filter.</returns>
    public static LabelFilter? TryParse(string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        var key = equals < 0 ? text : text[..equals];
        return LabelSyntax.IsKey(key) ? new LabelFilter(key, equals < 0 ? null : text[(equals + 1)..]) : null;
    }

    public bool Matches(VmEntry vm) =>
        vm.Labels.TryGetValue(Key, out var value) && (Value is null || string.Equals(value, Value, StringComparison.Ordinal));
}
