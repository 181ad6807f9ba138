using Google.Protobuf.WellKnownTypes;
using Wire = GuestTune.Practice.V1;

namespace GuestTune.Protocol;

/// <summary>Practices' words as messages, and back. The enums of both count alike; a test keeps them so.</summary>
public static class PracticeMessages
{
    /// <summary>Of the texts of one file, before and after, in a plan.</summary>
    private const int MaximumFileBytes = 256 * 1024;

    /// <summary>Of all files in a plan, far below the 4 MiB that a gRPC client takes by default.</summary>
    private const int MaximumFilesBytes = 1024 * 1024;

    public static Practices.Desired ToDesired(this Wire.Desired? message)
    {
        if (message is null || message.Practice.Length == 0)
        {
            throw Practices.PracticeException.Invalid("desired.practice is missing; give the id of a practice, e.g. guest-idle-haltpoll");
        }

        return new Practices.Desired(message.Practice, message.Settings.AsReadOnlyDictionary(), message.Persist, message.Force);
    }

    public static Wire.Observation ToMessage(this Practices.Observation observation)
    {
        var message = new Wire.Observation
        {
            Practice = observation.Practice,
            Verdict = (Wire.Verdict)observation.Verdict,
            Reason = observation.Reason,
        };
        foreach (var fact in observation.Facts)
        {
            var wire = new Wire.Fact { Name = fact.Name, Scope = (Wire.Scope)fact.Scope, Source = fact.Source, Problem = fact.Problem ?? string.Empty };
            if (fact.Value is not null)
            {
                wire.Value = fact.Value;
            }

            message.Facts.Add(wire);
        }

        return message;
    }

    public static Wire.Plan ToMessage(this Practices.Plan plan)
    {
        var message = new Wire.Plan { Practice = plan.Practice };
        foreach (var change in plan.Changes)
        {
            message.Changes.Add(change.ToMessage());
        }

        message.Warnings.Add(plan.Warnings);
        AddFiles(message, plan.Files);
        return message;
    }

    public static Wire.Operation ToMessage(this Practices.Operation operation)
    {
        var message = new Wire.Operation
        {
            OperationId = operation.OperationId,
            Kind = (Wire.OperationKind)operation.Kind,
            Practice = operation.Practice,
            State = (Wire.OperationState)operation.State,
            BegunAt = Timestamp.FromDateTimeOffset(operation.BegunAt),
            EndedAt = operation.EndedAt is { } endedAt ? Timestamp.FromDateTimeOffset(endedAt) : null,
            RelatedOperationId = operation.RelatedOperationId ?? string.Empty,
            Error = operation.Error ?? string.Empty,
        };
        foreach (var outcome in operation.Outcomes)
        {
            var wire = new Wire.ChangeOutcome { Change = outcome.Change.ToMessage(), State = (Wire.ChangeState)outcome.State, Error = outcome.Error ?? string.Empty };
            if (outcome.ReadBack is not null)
            {
                wire.ReadBack = outcome.ReadBack;
            }

            message.Outcomes.Add(wire);
        }

        return message;
    }

    private static void AddFiles(Wire.Plan message, IReadOnlyList<Practices.FileEdit> files)
    {
        var total = 0;
        foreach (var file in files)
        {
            var wire = new Wire.FileEdit { Path = file.Path };
            if (file.Before is not null)
            {
                wire.Before = file.Before;
            }

            if (file.After is not null)
            {
                wire.After = file.After;
            }

            var size = wire.CalculateSize();
            if (size > MaximumFileBytes || total + size > MaximumFilesBytes)
            {
                message.Warnings.Add($"{file.Path} would be written, too; it is too large to be shown here ({size} bytes, before and after)");
                continue;
            }

            total += size;
            message.Files.Add(wire);
        }
    }

    private static Wire.Change ToMessage(this Practices.Change change)
    {
        var message = new Wire.Change { Item = change.Item, Target = change.Target, TakesEffect = (Wire.TakesEffect)change.TakesEffect };
        if (change.Before is not null)
        {
            message.Before = change.Before;
        }

        if (change.After is not null)
        {
            message.After = change.After;
        }

        return message;
    }

    private static Dictionary<string, string> AsReadOnlyDictionary(this Google.Protobuf.Collections.MapField<string, string> map)
    {
        var settings = new Dictionary<string, string>(map.Count, StringComparer.Ordinal);
        foreach (var (name, value) in map)
        {
            settings.Add(name, value);
        }

        return settings;
    }
}
