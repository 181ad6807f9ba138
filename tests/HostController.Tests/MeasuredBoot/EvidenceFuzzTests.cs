using System.Text;
using Google.Protobuf;
using Grpc.Core;
using GuestTune.Agent.V1;
using GuestTune.Controller.MeasuredBoot.Documents;
using GuestTune.Controller.MeasuredBoot.Enrolment;
using GuestTune.Controller.MeasuredBoot.Evidence;
using GuestTune.MeasuredBoot.Tests.Fuzzing;

namespace GuestTune.HostController.Tests.MeasuredBoot;

/// <summary>Whatever stands in a file that is to be verified, or comes from a guest: it is judged or refused, at a cost in proportion.</summary>
public class EvidenceFuzzTests
{
    private const int CryptographyBytes = 256 * 1024;

    private static readonly VerificationKey Key = VerificationKey.FromPem(File.ReadAllText(PathOf("controller.pem")));
    private static readonly byte[] Recorded = File.ReadAllBytes(PathOf("evidence.json"));
    private static readonly byte[] Payload = SignedEnvelope.Parse(Recorded).Payload;

    private static readonly byte[][] Words =
    [
        .. new[] { "\\ud800", "\\u0000", "\"\\u", "null", "1e999", "-1", "[[[[[[[[[", "{\"\\ud800\":0}", "\"vm\":\"vm1\",", "16777216", "0,0,", "[],", "{},", "\"\xff\"" }
            .Select(Encoding.Latin1.GetBytes),
    ];

    [Fact]
    public void Verify_DocumentOfAnEarlierRelease_IsProven() => Assert.Empty(DocumentVerifier.Verify(Recorded, Key).Problems);

    [Fact]
    public void Verify_AnyBytes_IsADocumentOrNone() => Fuzzer.Run(new FuzzTarget(
        "document",
        Runs: 4_000,
        [Recorded],
        Words,
        static (input, budget) => budget.Spend("verifying", () => DocumentVerifier.Verify(input, Key), CryptographyBytes),
        static e => e is DocumentException));

    [Fact]
    public void Parse_AnyPayload_IsEvidenceOrNone() => Fuzzer.Run(new FuzzTarget(
        "payload",
        Runs: 4_000,
        [Payload],
        Words,
        static (input, budget) =>
        {
            var document = budget.Spend("parsing", () => EvidenceDocument.Parse(input));
            budget.Spend("judging", () => EvidenceVerifier.Verify(document.Evidence, document.Verdict.Key), CryptographyBytes);
        },
        static e => e is DocumentException));

    [Fact]
    public void WhyNotOf_AnyBytes_IsTheCertificateOrNot()
    {
        var (certificates, keys) = (Swtpm("*.certificate"), Swtpm("endorsement-*.public"));
        Fuzzer.Run(new FuzzTarget(
            "certificate",
            Runs: 4_000,
            certificates,
            [],
            (input, budget) => budget.Spend("comparing", () => keys.Count(k => EndorsementCertificate.WhyNotOf(input, k) is null), CryptographyBytes),
            static _ => false));
    }

    [Fact]
    public void Checked_AnyAnswer_IsEvidenceOrNone()
    {
        var evidence = EvidenceDocument.Parse(Payload).Evidence;
        var honest = new QuoteResponse
        {
            BootId = evidence.BootId,
            Attest = ByteString.CopyFrom(evidence.Attest),
            Signature = ByteString.CopyFrom(evidence.Signature),
            AttestationKey = ByteString.CopyFrom(evidence.AttestationKey),
            Source = evidence.ValuesSource,
            Values = new PcrBankValues { Algorithm = (uint)evidence.Selection.Bank, Mask = evidence.Selection.Mask, Digests = { evidence.Values.Select(static v => ByteString.CopyFrom(v.Digest)) } },
        };
        Fuzzer.Run(new FuzzTarget(
            "answer",
            Runs: 4_000,
            [honest.ToByteArray()],
            [],
            (input, budget) =>
            {
                // What Protobuf allocates is not ours to say: groups of unknown fields cost it a multiple.
                var answer = QuoteResponse.Parser.ParseFrom(input);
                var read = budget.Spend("checking", () => GuestAnswer.Checked(answer, evidence.Selection));
                var claimed = evidence with
                {
                    Values = GuestAnswer.Values(read.Values),
                    Attest = read.Attest.ToByteArray(),
                    Signature = read.Signature.ToByteArray(),
                    AttestationKey = read.AttestationKey.ToByteArray(),
                };
                budget.Spend("judging", () => EvidenceVerifier.Verify(claimed, KeyTrust.Pinned), CryptographyBytes);
            },
            static e => e is RpcException or InvalidProtocolBufferException));
    }

    private static byte[][] Swtpm(string pattern) =>
        [.. Directory.GetFiles(PathOf("swtpm"), pattern).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];

    private static string PathOf(string name) => Path.Combine(AppContext.BaseDirectory, "Recorded", name);
}
