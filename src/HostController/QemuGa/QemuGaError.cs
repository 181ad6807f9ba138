using System.Text.Json;
using GuestTune.Controller.Rendering;

namespace GuestTune.Controller.QemuGa;

/// <summary>An error that qemu-ga answered with.</summary>
/// <param name="IsBlocked">The command is switched off there (qapi/qmp-dispatch.c: "has been disabled").</param>
internal readonly record struct QemuGaError(bool IsBlocked, string Text)
{
    private const int MaximumTextLength = 300;

    /// <returns>Null where the answer is no error.</returns>
    public static QemuGaError? Of(JsonElement answer)
    {
        if (answer.ValueKind != JsonValueKind.Object || !answer.TryGetProperty("error", out var error) || error.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        var text = error.TryGetProperty("desc", out var description) && description.ValueKind == JsonValueKind.String ? description.GetString()! : "";
        return new QemuGaError(text.Contains("has been disabled", StringComparison.Ordinal), TerminalText.Escape(text, MaximumTextLength));
    }
}
