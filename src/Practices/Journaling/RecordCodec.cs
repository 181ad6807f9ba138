using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace GuestTune.Practices.Journaling;

/// <summary>Journal records as JSON. Written by hand, since a serializer costs more at the first call than all of the rest of it.</summary>
internal static class RecordCodec
{
    /// <summary>The number in the first line of the file; a reader refuses a greater one.</summary>
    public const int FormatVersion = 1;

    private const string FormatName = "guesttune-journal";

    public static byte[] Header() => Write(static json =>
    {
        json.WriteString("format", FormatName);
        json.WriteNumber("version", FormatVersion);
    });

    /// <returns>The version, or null where this is not the first line of a journal.</returns>
    public static int? ReadHeader(ReadOnlySpan<byte> payload)
    {
        try
        {
            using var document = JsonDocument.Parse(payload.ToArray());
            var root = document.RootElement;
            return root.TryGetProperty("format", out var format) && format.ValueEquals(FormatName) ? root.GetProperty("version").GetInt32() : null;
        }
        catch (Exception e) when (IsFormatProblem(e))
        {
            return null;
        }
    }

    public static byte[] Encode(JournalRecord record) => Write(json =>
    {
        switch (record)
        {
            case BegunRecord begun:
                json.WriteString("record", "begun");
                json.WriteString("id", begun.OperationId);
                json.WriteString("kind", begun.Kind == OperationKind.Undo ? "undo" : "apply");
                json.WriteString("practice", begun.Practice);
                json.WriteString("request", begun.Request);
                json.WriteString("at", Format(begun.At));
                json.WriteString("boot", begun.BootId);
                WriteOptional(json, "target", begun.Target);
                json.WriteStartArray("changes");
                foreach (var change in begun.Changes)
                {
                    json.WriteStartObject();
                    WriteChange(json, change);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                break;

            case EndedRecord ended:
                json.WriteString("record", "ended");
                json.WriteString("id", ended.OperationId);
                json.WriteString("state", StateName(ended.State));
                json.WriteString("at", Format(ended.At));
                WriteOptional(json, "error", ended.Error);
                json.WriteStartArray("outcomes");
                foreach (var outcome in ended.Outcomes)
                {
                    json.WriteStartObject();
                    WriteChange(json, outcome.Change);
                    json.WriteString("state", ChangeStateName(outcome.State));
                    WriteOptional(json, "read_back", outcome.ReadBack);
                    WriteOptional(json, "error", outcome.Error);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                break;

            default:
                throw new InvalidOperationException($"no such journal record: {record.GetType()}");
        }
    });

    /// <exception cref="FormatException">The JSON is not a record that this version knows.</exception>
    public static JournalRecord Decode(ReadOnlySpan<byte> payload)
    {
        try
        {
            using var document = JsonDocument.Parse(payload.ToArray());
            var root = document.RootElement;
            return root.GetProperty("record").GetString() switch
            {
                "begun" => new BegunRecord(
                    Text(root, "id"),
                    Text(root, "kind") switch { "apply" => OperationKind.Apply, "undo" => OperationKind.Undo, var other => throw new FormatException($"unknown kind '{other}'") },
                    Text(root, "practice"),
                    Text(root, "request"),
                    Time(root, "at"),
                    Text(root, "boot"),
                    Optional(root, "target"),
                    ReadList(root, "changes", ReadChange)),
                "ended" => new EndedRecord(
                    Text(root, "id"),
                    ParseState(Text(root, "state")),
                    Time(root, "at"),
                    ReadList(root, "outcomes", ReadOutcome),
                    Optional(root, "error")),
                var other => throw new FormatException($"unknown record '{other}'"),
            };
        }
        catch (Exception e) when (IsFormatProblem(e))
        {
            throw new FormatException(e.Message, e);
        }
    }

    private static bool IsFormatProblem(Exception e) => e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException;

    private static byte[] Write(Action<Utf8JsonWriter> content)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            content(json);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteChange(Utf8JsonWriter json, Change change)
    {
        json.WriteString("item", change.Item);
        json.WriteString("target", change.Target);
        WriteOptional(json, "before", change.Before);
        WriteOptional(json, "after", change.After);
        json.WriteString("takes_effect", TakesEffectName(change.TakesEffect));
    }

    private static Change ReadChange(JsonElement json)
        => new(Text(json, "item"), Text(json, "target"), Optional(json, "before"), Optional(json, "after"), ParseTakesEffect(Text(json, "takes_effect")));

    private static ChangeOutcome ReadOutcome(JsonElement json)
        => new(ReadChange(json), ParseChangeState(Text(json, "state")), Optional(json, "read_back"), Optional(json, "error"));

    private static List<T> ReadList<T>(JsonElement json, string name, Func<JsonElement, T> read)
    {
        var list = new List<T>();
        foreach (var element in json.GetProperty(name).EnumerateArray())
        {
            list.Add(read(element));
        }

        return list;
    }

    private static void WriteOptional(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString() ?? throw new FormatException($"'{name}' is null");

    private static string? Optional(JsonElement json, string name) => json.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static string Format(DateTimeOffset time) => time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);

    private static DateTimeOffset Time(JsonElement json, string name)
        => DateTimeOffset.ParseExact(Text(json, name), "O", CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind);

    private static string StateName(OperationState state) => state switch
    {
        OperationState.Done => "done",
        OperationState.Unchanged => "unchanged",
        OperationState.Failed => "failed",
        _ => throw new InvalidOperationException($"an operation does not end as {state}"),
    };

    private static OperationState ParseState(string text) => text switch
    {
        "done" => OperationState.Done,
        "unchanged" => OperationState.Unchanged,
        "failed" => OperationState.Failed,
        _ => throw new FormatException($"unknown state '{text}'"),
    };

    private static string ChangeStateName(ChangeState state) => state switch
    {
        ChangeState.Verified => "verified",
        ChangeState.Skipped => "skipped",
        ChangeState.Failed => "failed",
        ChangeState.Reverted => "reverted",
        _ => throw new InvalidOperationException($"a change does not end as {state}"),
    };

    private static ChangeState ParseChangeState(string text) => text switch
    {
        "verified" => ChangeState.Verified,
        "skipped" => ChangeState.Skipped,
        "failed" => ChangeState.Failed,
        "reverted" => ChangeState.Reverted,
        _ => throw new FormatException($"unknown change state '{text}'"),
    };

    private static string TakesEffectName(TakesEffect takesEffect) => takesEffect switch
    {
        TakesEffect.Now => "now",
        TakesEffect.AfterGuestReboot => "after-guest-reboot",
        TakesEffect.AfterPowerCycle => "after-power-cycle",
        TakesEffect.AfterHostReboot => "after-host-reboot",
        _ => throw new InvalidOperationException($"a change does not take effect {takesEffect}"),
    };

    private static TakesEffect ParseTakesEffect(string text) => text switch
    {
        "now" => TakesEffect.Now,
        "after-guest-reboot" => TakesEffect.AfterGuestReboot,
        "after-power-cycle" => TakesEffect.AfterPowerCycle,
        "after-host-reboot" => TakesEffect.AfterHostReboot,
        _ => throw new FormatException($"unknown time of effect '{text}'"),
    };
}
