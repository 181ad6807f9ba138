using System.Text.Json;

namespace GuestTune.Controller.MeasuredBoot.Documents;

/// <summary>Reads the members of a JSON object that was written by somebody else, naming what is missing or wrong.</summary>
internal sealed class JsonObject(JsonElement element, string name)
{
    /// <summary>24 registers of each of 16 banks with three members each, and a thousand problems.</summary>
    private const int MaximumTokens = 8 * 1024;
    private const int MaximumDepth = 8;
    private const int MaximumTextLength = 8 * 1024;

    /// <exception cref="DocumentException">It is no JSON, or has more in it than any document.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            ExpectFewTokens(bytes.Span);

            // Of a member that is there twice, two readers might believe different ones.
            return JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = MaximumDepth, AllowDuplicateProperties = false });
        }
        catch (JsonException e)
        {
            // Its own message may quote the rest of the file.
            throw new DocumentException($"it is no JSON at byte {e.BytePositionInLine ?? 0} of line {(e.LineNumber ?? 0) + 1}", e);
        }
        catch (InvalidOperationException e)
        {
            throw new DocumentException($"it is no JSON: {e.Message}", e);
        }
    }

    /// <summary>
    /// The reader takes memory for each token, however short, and quotes all that follows a word which it does not know in its error,
    /// several times over. This takes none, and leaves everything else for the reader to find.
    /// </summary>
    private static void ExpectFewTokens(ReadOnlySpan<byte> bytes)
    {
        var (tokens, isInString) = (0, false);
        for (var i = 0; i < bytes.Length && tokens <= MaximumTokens; i++)
        {
            switch ((char)bytes[i])
            {
                case '\\' when isInString:
                    i++;
                    break;
                case '"':
                    isInString = !isInString;
                    break;
                case '{' or '}' or '[' or ']' or ',' or ':' when !isInString:
                    tokens++;
                    break;
                case 't' or 'f' or 'n' when !isInString:
                    var rest = bytes[i..];
                    i += rest.StartsWith("true"u8) || rest.StartsWith("null"u8) ? 3 : rest.StartsWith("false"u8) ? 4 : throw new DocumentException($"it is no JSON at byte {i}");
                    break;
            }
        }

        if (tokens > MaximumTokens)
        {
            throw new DocumentException($"it has more than {MaximumTokens} names and values");
        }
    }

    public string Text(string member) => TextOrNull(member) ?? throw Wrong(member, "a string");

    public string? TextOrNull(string member) => Bounded(Unescaped(member, "a string", static value => value.GetString()), member);

    public byte[] Bytes(string member) => BytesOrNull(member) ?? throw Wrong(member, "base64");

    public byte[]? BytesOrNull(string member) => Unescaped(member, "base64", static value => value.TryGetBytesFromBase64(out var bytes) ? bytes : null);

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

    public DateTimeOffset Time(string member) => Unescaped(member, "a time", static value => value.TryGetDateTimeOffset(out var time) ? time : (DateTimeOffset?)null) ?? throw Wrong(member, "a time");

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
            ? [.. elements.Select(e => Bounded(Unescaped(e, member, static value => value.GetString()), member)!)]
            : throw Wrong(member, "a list of strings");
    }

    private string? Bounded(string? text, string member) => text?.Length > MaximumTextLength ? throw Wrong(member, $"text of at most {MaximumTextLength} characters") : text;

    private List<JsonElement> Array(string member, int maximum) =>
        Member(member) is { ValueKind: JsonValueKind.Array } value && value.GetArrayLength() <= maximum
            ? [.. value.EnumerateArray()]
            : throw Wrong(member, $"a list of at most {maximum}");

    /// <returns>Null where the member is null.</returns>
    private T? Unescaped<T>(string member, string expected, Func<JsonElement, T?> read) => Member(member) switch
    {
        { ValueKind: JsonValueKind.String } value => Unescaped(value, member, read) ?? throw Wrong(member, expected),
        { ValueKind: JsonValueKind.Null } => default,
        _ => throw Wrong(member, expected),
    };

    // JSON may hold bytes that are no UTF-8, and escapes that are half a character; that comes to light when it is read.
    private T? Unescaped<T>(JsonElement value, string member, Func<JsonElement, T?> read)
    {
        try
        {
            return read(value);
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
