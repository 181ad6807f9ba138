using System.Text.Json;
using Google.Protobuf.WellKnownTypes;

namespace GuestTune.Controller.Rendering;

/// <summary>The shapes that fields of the program's JSON schema have: what is not there is <c>null</c>, and arrays are there when they are empty, too.</summary>
internal static class JsonFields
{
    public static void WriteText(this Utf8JsonWriter json, string name, string? text) => json.WriteOptional(name, !string.IsNullOrEmpty(text), text);

    /// <summary>Where an empty text is one.</summary>
    public static void WriteOptional(this Utf8JsonWriter json, string name, bool has, string? text)
    {
        if (has)
        {
            json.WriteString(name, text);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    public static void WriteTime(this Utf8JsonWriter json, string name, Timestamp? time) => json.WriteText(name, Timestamps.Format(time, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'"));

    public static void WriteTexts(this Utf8JsonWriter json, string name, IEnumerable<string> texts) => json.WriteArray(name, texts, json.WriteStringValue);

    /// <param name="write">Writes the fields of one.</param>
    public static void WriteObjects<T>(this Utf8JsonWriter json, string name, IEnumerable<T> items, Action<T> write) => json.WriteArray(name, items, item =>
    {
        json.WriteStartObject();
        write(item);
        json.WriteEndObject();
    });

    public static void WriteArray<T>(this Utf8JsonWriter json, string name, IEnumerable<T> items, Action<T> write)
    {
        json.WriteStartArray(name);
        foreach (var item in items)
        {
            write(item);
        }

        json.WriteEndArray();
    }
}
