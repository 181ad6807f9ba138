namespace GuestTune.Controller.MeasuredBoot.Documents;

/// <summary>One document of a file, or why there is none.</summary>
/// <param name="Place">The file, and the line where it has several.</param>
/// <param name="Verdict">Null where it is no document; without quote, keys and log, since an archive may have more of them than there is memory.</param>
internal sealed record VerifiedFile(string Place, DocumentVerdict? Verdict, IReadOnlyList<string> Problems)
{
    /// <summary>Of lines that the key did not sign: what comes then is no archive.</summary>
    private const int MostForeignLines = 100;

    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IReadOnlyList<VerifiedFile> Read(string path, VerificationKey key)
    {
        var found = new List<VerifiedFile>();
        var foreign = 0;
        foreach (var line in BoundedFile.ReadLines(path, SignedEnvelope.MaximumSizeBytes))
        {
            if (foreign == MostForeignLines)
            {
                found.Add(new VerifiedFile(path, null, [$"{foreign} of its lines are no documents that this key signed: the rest was not read"]));
                break;
            }

            var one = Verify(found.Count == 0 ? path : $"{path}, document {found.Count + 1}", line, key);
            foreign += one.Verdict?.SignedBy is null ? 1 : 0;
            found.Add(one);
        }

        return found.Count > 0 ? found : [new VerifiedFile(path, null, ["it is empty"])];
    }

    private static VerifiedFile Verify(string place, byte[] document, VerificationKey key)
    {
        try
        {
            var verdict = DocumentVerifier.Verify(document, key);
            return new VerifiedFile(place, WithoutProofs(verdict), verdict.Problems);
        }
        catch (DocumentException e)
        {
            return new VerifiedFile(place, null, [$"it is no document of evidence: {e.Message}"]);
        }
    }

    private static DocumentVerdict WithoutProofs(DocumentVerdict verdict)
    {
        var evidence = verdict.Document.Evidence;
        return verdict with
        {
            Document = verdict.Document with
            {
                Evidence = evidence with
                {
                    Attest = null,
                    Signature = null,
                    AttestationKey = null,
                    EndorsementKey = null,
                    EndorsementCertificate = null,
                    EventLog = evidence.EventLog is null ? null : [],
                },
            },
            Verdict = verdict.Verdict with { Quote = null, Pcrs = [.. verdict.Verdict.Pcrs.Select(static p => p with { Suspect = null })] },
        };
    }
}
