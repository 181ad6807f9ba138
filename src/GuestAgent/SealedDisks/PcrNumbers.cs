using System.Globalization;
using System.Text.Json;

namespace GuestTune.Agent.SealedDisks;

/// <summary>Reads lists of PCRs as tools write them: an array of numbers, or a text such as "7,8".</summary>
internal static class PcrNumbers
{
    public static void AddTo(SortedSet<int> pcrs, JsonElement owner, string property)
    {
        if (!owner.TryGetProperty(property, out var list))
        {
            return;
        }

        switch (list.ValueKind)
        {
            case JsonValueKind.Array:
                foreach (var element in list.EnumerateArray())
                {
                    Add(pcrs, element);
                }

                break;
            default:
                Add(pcrs, list);
                break;
        }
    }

    private static void Add(SortedSet<int> pcrs, JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out var number))
        {
            pcrs.Add(number);
            return;
        }

        if (element.ValueKind != JsonValueKind.String)
        {
            return;
        }

        foreach (var part in element.GetString()!.Split([',', ' ', '+'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var index))
            {
                pcrs.Add(index);
            }
        }
    }
}
