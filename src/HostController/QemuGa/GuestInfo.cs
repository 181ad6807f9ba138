using System.Text.Json;

namespace GuestTune.Controller.QemuGa;

/// <summary>What a qemu-ga says of itself: its version, and of each command whether it carries it out. Text from a guest: nothing in it is believed to be short or well formed.</summary>
internal sealed record GuestInfo(string Version, IReadOnlyDictionary<string, bool> IsEnabled)
{
    /// <summary>Of qemu-ga 10 there are fewer than 60.</summary>
    private const int MostCommands = 1000;
    private const int MaximumNameLength = 64;

    /// <param name="answer">The JSON that answers guest-info.</param>
    /// <exception cref="QemuGaException">It is something else, or an error.</exception>
    public static GuestInfo Parse(JsonElement answer)
    {
        if (QemuGaError.Of(answer) is { } error)
        {
            throw new QemuGaException(error.IsBlocked ? "guest-info itself is blocked" : $"guest-info failed: {error.Text}");
        }

        if (answer.ValueKind != JsonValueKind.Object
            || !answer.TryGetProperty("return", out var result) || result.ValueKind != JsonValueKind.Object
            || !result.TryGetProperty("supported_commands", out var commands) || commands.ValueKind != JsonValueKind.Array)
        {
            throw new QemuGaException("its answer to guest-info has no list of commands");
        }

        if (commands.GetArrayLength() > MostCommands)
        {
            throw new QemuGaException($"its answer to guest-info has {commands.GetArrayLength()} commands; at most {MostCommands} are taken");
        }

        var enabled = new Dictionary<string, bool>(StringComparer.Ordinal);
        foreach (var command in commands.EnumerateArray())
        {
            if (command.ValueKind != JsonValueKind.Object
                || !command.TryGetProperty("name", out var name) || name.ValueKind != JsonValueKind.String || name.GetString() is not { Length: > 0 and <= MaximumNameLength } text
                || !command.TryGetProperty("enabled", out var state) || state.ValueKind is not (JsonValueKind.True or JsonValueKind.False)
                || !enabled.TryAdd(text, state.GetBoolean()))
            {
                throw new QemuGaException("its answer to guest-info has a command without a name or a state, or one twice");
            }
        }

        var version = result.TryGetProperty("version", out var said) && said.ValueKind == JsonValueKind.String ? said.GetString()! : "";
        return new GuestInfo(version.Length <= MaximumNameLength ? version : version[..MaximumNameLength], enabled);
    }
}
