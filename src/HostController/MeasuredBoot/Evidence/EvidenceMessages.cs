using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using GuestTune.Controller.V1;
using GuestTune.MeasuredBoot.Attestation;
using GuestTune.MeasuredBoot.EventLog;
using AgentApi = GuestTune.Agent.V1;

namespace GuestTune.Controller.MeasuredBoot.Evidence;

/// <summary>Evidence and verdicts as messages of controller.proto.</summary>
internal static class EvidenceMessages
{
    public static EvidenceResult ToMessage(BootEvidence evidence, EvidenceVerdict verdict) => new() { Evidence = ToMessage(evidence), Judgement = ToMessage(verdict) };

    private static CollectedEvidence ToMessage(BootEvidence evidence)
    {
        var message = new CollectedEvidence
        {
            CollectedAt = Timestamp.FromDateTimeOffset(evidence.CollectedAt),
            BootId = evidence.BootId,
            Nonce = ByteString.CopyFrom(evidence.Nonce),
            Selection = new AgentApi.PcrSelection { Algorithm = (uint)evidence.Selection.Bank, Mask = evidence.Selection.Mask },
            Source = evidence.ValuesSource,
            Attest = Bytes(evidence.Attest),
            Signature = Bytes(evidence.Signature),
            AttestationKey = Bytes(evidence.AttestationKey),
            EndorsementKey = Bytes(evidence.EndorsementKey),
            EndorsementCertificate = Bytes(evidence.EndorsementCertificate),
            EventLogProblem = evidence.EventLogProblem ?? "",
        };
        if (evidence.EventLog is { } log)
        {
            message.EventLog = UnsafeByteOperations.UnsafeWrap(log);
        }

        foreach (var bank in evidence.Values.GroupBy(static v => v.Bank))
        {
            message.Banks.Add(new AgentApi.PcrBankValues
            {
                Algorithm = (uint)bank.Key,
                Mask = bank.Aggregate(0u, static (mask, v) => mask | (1u << v.Index)),
                Digests = { bank.OrderBy(static v => v.Index).Select(static v => ByteString.CopyFrom(v.Digest)) },
            });
        }

        return message;
    }

    private static EvidenceJudgement ToMessage(EvidenceVerdict verdict)
    {
        var message = new EvidenceJudgement { Proven = verdict.IsProven, Key = (KeyStanding)verdict.Key, Problems = { verdict.Problems } };
        message.Pcrs.AddRange(verdict.Pcrs.Select(ToMessage));
        if (verdict.Quote is { Statement: { } statement })
        {
            message.Clock = ToMessage(statement);
        }

        return message;
    }

    private static PcrJudgement ToMessage(PcrEvidence pcr)
    {
        var message = new PcrJudgement { Pcr = (uint)pcr.Pcr, Log = (LogStanding)pcr.Kind, Reason = pcr.Reason ?? "" };
        if (pcr.Suspect is { } suspect)
        {
            message.SuspectEvent = (uint)suspect.Number;
        }

        return message;
    }

    private static TpmClock ToMessage(QuoteStatement statement) => new()
    {
        ResetCount = statement.ResetCount,
        RestartCount = statement.RestartCount,
        ClockMs = statement.ClockMs,
        IsSafe = statement.IsClockSafe,
    };

    private static ByteString Bytes(byte[]? bytes) => bytes is null ? ByteString.Empty : ByteString.CopyFrom(bytes);
}
