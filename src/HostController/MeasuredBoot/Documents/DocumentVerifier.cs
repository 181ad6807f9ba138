using GuestTune.Controller.MeasuredBoot.Evidence;
using GuestTune.Controller.Rendering;

namespace GuestTune.Controller.MeasuredBoot.Documents;

/// <summary>Judges a document again, offline: who signed it, the quote, and the log.</summary>
internal static class DocumentVerifier
{
    private const int MaximumShownLength = 100;
    private const string KeyProblem = "when it was collected, nothing tied the attestation key to a TPM";

    /// <param name="trusted">The controller's key.</param>
    /// <exception cref="DocumentException">It is no document of this kind.</exception>
    public static DocumentVerdict Verify(ReadOnlyMemory<byte> bytes, VerificationKey trusted)
    {
        var envelope = SignedEnvelope.Parse(bytes);
        if (envelope.PayloadType != EvidenceDocument.PayloadType)
        {
            throw new DocumentException($"its payload is of type '{TerminalText.Escape(envelope.PayloadType, MaximumShownLength)}', and not {EvidenceDocument.PayloadType}");
        }

        var document = EvidenceDocument.Parse(envelope.Payload);
        var problems = new List<string>();
        var isSigned = envelope.IsSignedBy(trusted);
        if (!isSigned)
        {
            problems.Add(envelope.KeyId == trusted.Id
                ? "its signature is wrong: it was changed after it was signed"
                : $"it is not signed by the key that was given ({trusted.Id}); it names {TerminalText.Escape(envelope.KeyId, MaximumShownLength)}");
        }

        var verdict = EvidenceVerifier.Verify(document.Evidence, document.Verdict.Key, keyProblem: KeyProblem);
        problems.AddRange(verdict.Problems);
        problems.AddRange(document.Verdict.Problems.Except(verdict.Problems, StringComparer.Ordinal).Select(static p => $"when it was collected: {p}"));
        if (problems.Count == 0 && !document.Verdict.IsProven)
        {
            problems.Add("the controller did not find it proven, and does not say why");
        }

        return new DocumentVerdict(document, isSigned ? trusted.Id : null, verdict, problems);
    }
}
