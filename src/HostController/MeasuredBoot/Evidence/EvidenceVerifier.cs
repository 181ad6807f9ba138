using GuestTune.Controller.MeasuredBoot.Enrolment;
using GuestTune.MeasuredBoot.Attestation;
using GuestTune.MeasuredBoot.EventLog;
using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.Controller.MeasuredBoot.Evidence;

/// <summary>Decides what evidence is worth, from nothing but itself and what is known of the VM's key; so it can be done again later.</summary>
internal static class EvidenceVerifier
{
    /// <param name="lastSeen">How far the TPM's counters had come before this quote was asked for; null where nothing is known.</param>
    /// <param name="keyProblem">Why the key is not tied to a TPM; null where it is.</param>
    public static EvidenceVerdict Verify(BootEvidence evidence, KeyTrust key, TpmCounters? lastSeen = null, string? keyProblem = null)
    {
        var problems = new List<string>();
        var quote = VerifyQuote(evidence, problems);
        CheckKey(key, keyProblem, problems);
        if (quote is { Statement: { } statement } && lastSeen is { } seen && key == KeyTrust.Pinned)
        {
            CheckCounters(TpmCounters.Of(statement), seen, problems);
        }

        var pcrs = CompareLog(evidence, problems);
        return new EvidenceVerdict(quote, pcrs, key, problems);
    }

    private static QuoteVerdict? VerifyQuote(BootEvidence evidence, List<string> problems)
    {
        if (evidence is not { Attest: { } attest, Signature: { } signature, AttestationKey: { } encoded })
        {
            problems.Add("there is no quote: the values are what the guest says");
            return null;
        }

        TpmPublic attestationKey;
        try
        {
            attestationKey = TpmPublic.Parse(encoded);
        }
        catch (TpmFormatException e)
        {
            problems.Add("the attestation key is none: " + e.Message);
            return null;
        }

        var verdict = QuoteVerifier.Verify(attestationKey, attest, signature, evidence.Nonce, evidence.Selection, evidence.Values);
        problems.AddRange(verdict.Problems);
        if (evidence.Selection.Bank == TpmAlgorithm.Sha1 || attestationKey.SchemeHash == TpmAlgorithm.Sha1)
        {
            // Two inputs with one digest can be made (Leurent and Peyrin, "SHA-1 is a Shambles", 2020).
            problems.Add("the quote rests on SHA-1, whose digests can be forged: that proves nothing; switch the TPM's SHA-256 bank on");
        }

        return verdict;
    }

    private static void CheckKey(KeyTrust key, string? keyProblem, List<string> problems)
    {
        switch (key)
        {
            case KeyTrust.NotActivated:
                problems.Add(keyProblem ?? "nothing ties the attestation key to a TPM");
                break;
            case KeyTrust.Changed:
                problems.Add("the quote is signed by another key than the one that is pinned for this VM: its TPM was replaced or reset, or another machine answers; if that is meant to be, enrol it anew (--enroll)");
                break;
        }
    }

    private static void CheckCounters(TpmCounters now, TpmCounters seen, List<string> problems)
    {
        if (now < seen)
        {
            problems.Add(
                $"the TPM's counters went back: resets {seen.ResetCount} to {now.ResetCount}, restarts {seen.RestartCount} to {now.RestartCount}, clock {seen.ClockMs} to {now.ClockMs} ms; "
                + "its state was put back (a snapshot?) or cleared; if that is meant to be, enrol it anew (--enroll)");
        }
    }

    private static PcrEvidence[] CompareLog(BootEvidence evidence, List<string> problems)
    {
        if (evidence.EventLog is not { } bytes || PcrBank.Find(evidence.Selection.Bank) is not { CanHash: true } bank)
        {
            return [];
        }

        BootEventLog log;
        try
        {
            log = BootEventLog.Parse(bytes);
        }
        catch (EventLogException e)
        {
            problems.Add(e.Message);
            return [];
        }

        if (!log.Banks.Contains(bank))
        {
            problems.Add($"the event log has no digests of bank {bank.Name}; it has: {string.Join(", ", log.Banks)}");
            return [];
        }

        var replay = new EventLogReplay(log, bank);
        var compared = evidence.Values.Where(v => v.Bank == bank.Algorithm && v.Digest.Length == bank.DigestSizeBytes).Select(replay.Compare).ToArray();
        problems.AddRange(compared.Where(static p => p.Kind == PcrEvidenceKind.Mismatch).Select(static p =>
            $"PCR {p.Pcr}: the event log does not agree with the register{(p.Suspect is { } suspect ? $", at event {suspect.Number} ({suspect.TypeName})" : "")}: {p.Reason}"));
        return compared;
    }
}
