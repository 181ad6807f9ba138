using System.Text.Json;
using GuestTune.Practice.V1;

namespace GuestTune.Controller.Rendering;

/// <summary>What practices say and do, in the program's JSON schema: the same of guests, domains and the host.</summary>
internal static class PracticeJson
{
    public static void WriteFacts(Utf8JsonWriter json, IEnumerable<Fact> facts)
    {
        json.WriteObjects("facts", facts, fact =>
        {
            json.WriteString("name", fact.Name);
            json.WriteString("scope", Words.Of(fact.Scope));
            json.WriteOptional("value", fact.HasValue, fact.Value);
            json.WriteText("source", fact.Source);
            json.WriteText("problem", fact.Problem);
        });
    }

    public static void WriteObservation(Utf8JsonWriter json, Observation observation)
    {
        json.WriteStartObject();
        json.WriteString("practice", observation.Practice);
        json.WriteString("verdict", Words.Of(observation.Verdict));
        json.WriteText("reason", observation.Reason);
        WriteFacts(json, observation.Facts);
        json.WriteEndObject();
    }

    public static void WritePlan(Utf8JsonWriter json, Plan? plan)
    {
        json.WriteStartObject("plan");
        json.WriteString("practice", plan?.Practice ?? "");
        json.WriteObjects("changes", plan?.Changes ?? [], change => WriteChange(json, change));
        json.WriteTexts("warnings", plan?.Warnings ?? []);
        json.WriteObjects("files", plan?.Files ?? [], file =>
        {
            json.WriteString("path", file.Path);
            json.WriteOptional("before", file.HasBefore, file.Before);
            json.WriteOptional("after", file.HasAfter, file.After);
        });
        json.WriteEndObject();
    }

    public static void WriteChanged(Utf8JsonWriter json, Operation? operation, Observation? observation, bool repeated)
    {
        json.WriteBoolean("repeated_answer", repeated);
        json.WritePropertyName("operation");
        if (operation is null)
        {
            json.WriteNullValue();
        }
        else
        {
            WriteOperation(json, operation);
        }

        json.WritePropertyName("observation");
        if (observation is null)
        {
            json.WriteNullValue();
        }
        else
        {
            WriteObservation(json, observation);
        }
    }

    public static void WriteOperation(Utf8JsonWriter json, Operation operation)
    {
        json.WriteStartObject();
        json.WriteString("operation_id", operation.OperationId);
        json.WriteString("kind", Words.Of(operation.Kind));
        json.WriteString("practice", operation.Practice);
        json.WriteString("state", Words.Of(operation.State));
        json.WriteTime("begun_at", operation.BegunAt);
        json.WriteTime("ended_at", operation.EndedAt);
        json.WriteObjects("outcomes", operation.Outcomes, outcome =>
        {
            WriteChange(json, outcome.Change ?? new Change());
            json.WriteString("state", Words.Of(outcome.State));
            json.WriteOptional("read_back", outcome.HasReadBack, outcome.ReadBack);
            json.WriteText("error", outcome.Error);
        });
        json.WriteText("related_operation_id", operation.RelatedOperationId);
        json.WriteText("error", operation.Error);
        json.WriteEndObject();
    }

    private static void WriteChange(Utf8JsonWriter json, Change change)
    {
        json.WriteString("item", change.Item);
        json.WriteString("target", change.Target);
        json.WriteOptional("before", change.HasBefore, change.Before);
        json.WriteOptional("after", change.HasAfter, change.After);
        json.WriteString("takes_effect", Words.Of(change.TakesEffect));
    }
}
