using System.Text.Json;

namespace GuestTune.Controller.MeasuredBoot.Documents;

/// <summary>Reads the members of a JSON object that was written by somebody else, naming what is missing or wrong.</summary>
internal sealed class JsonObject(JsonElement element, string name)
{
    /// <exception cref="DocumentException">It is no JSON.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            // Of a member that is there twice, two readers might believe different ones.
            return JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = 8, AllowDuplicateProperties = false });
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new DocumentException($"it is no JSON: {e.Message}", e);
        }
    }

    public string Text(string member) => TextOrNull(member) ?? throw Wrong(member, "a string");

    public string? TextOrNull(string member) => Member(member) switch
    {
        { ValueKind: JsonValueKind.String } value => String(value, member),
        { ValueKind: JsonValueKind.Null } => null,
        _ => throw Wrong(member, "a string"),
    };

    public byte[] Bytes(string member) => BytesOrNull(member) ?? throw Wrong(member, "base64");

    public byte[]? BytesOrNull(string member) => Member(member) switch
    {
        { ValueKind: JsonValueKind.String } value when value.TryGetBytesFromBase64(out var bytes) => bytes,
        { ValueKind: JsonValueKind.Null } => null,
        _ => throw Wrong(member, "base64"),
    };

    public bool Flag(string member) => Member(member) switch
    {
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => throw Wrong(member, "true or false"),
    };

    public int Number(string member, int maximum) =>
        Member(member) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out var number) && number >= 0 && number <= maximum
            ? number
            : throw Wrong(member, $"a number from 0 to {maximum}");

    public DateTimeOffset Time(string member) =>
        Member(member) is { ValueKind: JsonValueKind.String } value && value.TryGetDateTimeOffset(out var time) ? time : throw Wrong(member, "a time");

    public JsonObject Object(string member) =>
        Member(member) is { ValueKind: JsonValueKind.Object } value ? new JsonObject(value, member) : throw Wrong(member, "an object");

    public JsonObject? ObjectOrNull(string member) => Member(member).ValueKind == JsonValueKind.Null ? null : Object(member);

    public IReadOnlyList<JsonObject> Objects(string member, int maximum)
    {
        var elements = Array(member, maximum);
        return elements.TrueForAll(static e => e.ValueKind == JsonValueKind.Object)
            ? [.. elements.Select(e => new JsonObject(e, member))]
            : throw Wrong(member, "a list of objects");
    }

    public IReadOnlyList<string> Texts(string member, int maximum)
    {
        var elements = Array(member, maximum);
        return elements.TrueForAll(static e => e.ValueKind == JsonValueKind.String)
            ? [.. elements.Select(e => String(e, member))]
            : throw Wrong(member, "a list of strings");
    }

    private List<JsonElement> Array(string member, int maximum) =>
        Member(member) is { ValueKind: JsonValueKind.Array } value && value.GetArrayLength() <= maximum
            ? [.. value.EnumerateArray()]
            : throw Wrong(member, $"a list of at most {maximum}");

    // JSON may hold bytes that are no UTF-8, and escapes that are half a character; that comes to light when it is read.
    private string String(JsonElement value, string member)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Wrong(member, "text");
        }
    }

    private JsonElement Member(string member)
    {
        try
        {
            return element.ValueKind == JsonValueKind.Object && element.TryGetProperty(member, out var value) ? value : throw new DocumentException($"{name} has no '{member}'");
        }
        catch (InvalidOperationException e)
        {
            throw new DocumentException($"{name} has a member whose name is no text", e);
        }
    }

    private DocumentException Wrong(string member, string expected) => new($"'{member}' of {name} is not {expected}");
}
