using GuestTune.Controller.V1;
using GuestTune.MeasuredBoot.EventLog;
using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.Controller.MeasuredBoot.Evidence;

/// <summary>What a log tells, line by line, believed only as far as the quote and the digests reach.</summary>
internal static class BootStory
{
    /// <returns>Empty where there is no log that can be read.</returns>
    public static IReadOnlyList<BootStoryLine> Of(EvidenceResult result)
    {
        if (!result.Evidence.HasEventLog || PcrBank.Find((TpmAlgorithm)result.Evidence.Selection.Algorithm) is not { CanHash: true } bank)
        {
            return [];
        }

        try
        {
            var agreeing = result.Judgement.Pcrs.Where(static p => p.Log == LogStanding.Proven).Select(static p => (int)p.Pcr).ToHashSet();
            return
            [
                .. BootEventLog.Parse(result.Evidence.EventLog.Memory).Events.Select(e =>
                {
                    var story = EventStory.Of(e, bank);
                    return new BootStoryLine(story, ProofOf(story, result.Judgement.Proven && agreeing.Contains(e.Pcr)));
                }),
            ];
        }
        catch (EventLogException)
        {
            // The judgement says so already.
            return [];
        }
    }

    private static EventProof ProofOf(EventStory story, bool isRegisterProven) => story switch
    {
        { Event.IsExtended: false } => EventProof.NotMeasured,
        _ when !isRegisterProven => EventProof.None,
        { Coverage: EventCoverage.Whole } => EventProof.Data,
        { Coverage: EventCoverage.Content } => EventProof.Content,
        _ => EventProof.Digest,
    };
}
