namespace GuestTune.Controller.MeasuredBoot.Documents;

/// <summary>One document of a file, or why there is none.</summary>
/// <param name="Place">The file, and the line where it has several.</param>
/// <param name="Verdict">Null where it is no document.</param>
internal sealed record VerifiedFile(string Place, DocumentVerdict? Verdict, IReadOnlyList<string> Problems)
{
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IReadOnlyList<VerifiedFile> Read(string path, VerificationKey key)
    {
        var found = new List<VerifiedFile>();
        foreach (var line in BoundedFile.ReadLines(path, SignedEnvelope.MaximumSizeBytes))
        {
            found.Add(Verify(found.Count == 0 ? path : $"{path}, document {found.Count + 1}", line, key));
        }

        return found.Count > 0 ? found : [new VerifiedFile(path, null, ["it is empty"])];
    }

    private static VerifiedFile Verify(string place, byte[] document, VerificationKey key)
    {
        try
        {
            var verdict = DocumentVerifier.Verify(document, key);
            return new VerifiedFile(place, verdict, verdict.Problems);
        }
        catch (DocumentException e)
        {
            return new VerifiedFile(place, null, [$"it is no document of evidence: {e.Message}"]);
        }
    }
}
