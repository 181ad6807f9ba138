using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using GuestTune.Controller.MeasuredBoot.Comparison;
using GuestTune.Controller.MeasuredBoot.Evidence;
using GuestTune.Controller.MeasuredBoot.Predictions;
using GuestTune.Controller.V1;
using GuestTune.MeasuredBoot.Grub;

namespace GuestTune.Controller.MeasuredBoot.Baselines;

/// <summary>Baselines and comparisons as the messages of baselines.proto.</summary>
internal static class BaselineMessages
{
    /// <summary>A guest chooses how many events it has.</summary>
    private const int MaximumEvents = 64;

    public static BaselineInfo Of(BaselineSummary summary) => new()
    {
        Scope = summary.Id.Scope == BaselineScope.Vm ? V1.BaselineScope.Vm : V1.BaselineScope.Name,
        Name = summary.Id.Name,
        Vm = summary.Vm,
        BootId = summary.BootId,
        CollectedAt = Timestamp.FromDateTimeOffset(summary.CollectedAt),
        SavedAt = Timestamp.FromDateTimeOffset(summary.SavedAt),
        IsProven = summary.IsProven,
    };

    public static BaselineEntry Of(Baseline baseline)
    {
        var entry = new BaselineEntry
        {
            Info = Of(baseline.Summary),
            Bank = (uint)baseline.Selection.Bank,
            EventLog = baseline.EventLog is { } log ? UnsafeByteOperations.UnsafeWrap(log) : ByteString.Empty,
            EventLogProblem = baseline.EventLogProblem ?? "",
        };
        entry.Values.AddRange(baseline.Values.Select(static v => new BaselineValue { Pcr = (uint)v.Index, Digest = ByteString.CopyFrom(v.Digest) }));
        return entry;
    }

    public static PredictedStart Of(Prediction prediction, Baseline baseline)
    {
        var message = new PredictedStart
        {
            OperationId = prediction.OperationId,
            What = prediction.Words,
            PredictedAt = Timestamp.FromDateTimeOffset(prediction.PredictedAt),
            AfterReset = prediction.FromReset,
            State = (PredictedStartState)prediction.State,
            Problem = prediction.Problem ?? "",
        };
        if (prediction.Until is { } until)
        {
            message.UntilReset = until.Resets;
        }

        if (prediction.IsPredicted)
        {
            var snapshot = prediction.ToSnapshot(baseline);
            message.Values.AddRange(baseline.Values.Where(v => v.Index is GrubMeasurement.StringPcr or GrubMeasurement.FilePcr)
                .Select(v => new BaselineValue { Pcr = (uint)v.Index, Digest = ByteString.CopyFrom(snapshot.ValueOf(v.Index)!.Digest) }));
        }

        return message;
    }

    public static BootCheck Of(BootDifference difference, string reference, BootEvidence evidence, EvidenceVerdict verdict)
    {
        var check = new BootCheck
        {
            Reference = reference,
            ReferenceIsProven = difference.ReferenceIsProven,
            BootIsProven = difference.BootIsProven,
            IsEqual = difference.IsEqual,
            Bank = (uint)evidence.Selection.Bank,
            BootId = evidence.BootId,
        };
        check.Problems.AddRange(verdict.Problems);
        check.Notes.AddRange(difference.Notes);
        check.Pcrs.AddRange(difference.Pcrs.Select(Of));
        return check;
    }

    private static PcrCheck Of(PcrDifference pcr)
    {
        var check = new PcrCheck
        {
            Pcr = (uint)pcr.Pcr,
            BeforeLog = (LogStanding)pcr.BeforeLog,
            AfterLog = (LogStanding)pcr.AfterLog,
            EventsLeftOut = (uint)Math.Max(0, pcr.Events.Count - MaximumEvents),
        };
        if (pcr.Before is { } before)
        {
            check.Before = ByteString.CopyFrom(before);
        }

        if (pcr.After is { } after)
        {
            check.After = ByteString.CopyFrom(after);
        }

        check.Events.AddRange(pcr.Events.Take(MaximumEvents).Select(Of));
        check.Notes.AddRange(pcr.Notes);
        return check;
    }

    private static V1.EventChange Of(Comparison.EventChange change)
    {
        var message = new V1.EventChange { Before = Of(change.Before), After = Of(change.After) };
        message.Tokens.AddRange(change.Tokens.Select(static t => t.ToString()));
        return message;
    }

    private static V1.MeasuredEvent? Of(Comparison.MeasuredEvent? entry)
    {
        if (entry is null)
        {
            return null;
        }

        var message = new V1.MeasuredEvent
        {
            Number = (uint)entry.Number,
            Type = entry.TypeName,
            Digest = ByteString.CopyFrom(Convert.FromHexString(entry.Digest)),
            Label = entry.Label ?? "",
        };
        if (entry.Text is { } text)
        {
            message.Text = text;
        }

        return message;
    }
}
