using System.Security.Cryptography;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using GuestTune.Controller.MeasuredBoot.Documents;
using GuestTune.Controller.MeasuredBoot.Evidence;
using GuestTune.Controller.Store;
using GuestTune.HostController.Tests.Fakes;
using GuestTune.MeasuredBoot.EventLog;
using GuestTune.MeasuredBoot.Tpm;
using GuestTune.SoftwareTpms;

namespace GuestTune.HostController.Tests.MeasuredBoot;

/// <summary>A document of a real quote, and everything that somebody who has the file could do to it.</summary>
public sealed class DocumentTests : IDisposable
{
    private static readonly PcrSelection Selection = new(TpmAlgorithm.Sha256, 0x3FF);
    private readonly TemporaryDirectory _folder = new();
    private readonly SoftwareTpm _tpm = new();
    private readonly ControllerKey _key;
    private readonly EvidenceDocument _document;
    private readonly byte[] _file;

    public DocumentTests()
    {
        _key = ControllerKey.Open(new StoreFiles(_folder.PathOf("state")));
        _document = Collect();
        _file = Sign(_document);
    }

    public void Dispose()
    {
        _key.Dispose();
        _tpm.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Verify_AsItWasCollected_IsProven()
    {
        var verdict = DocumentVerifier.Verify(_file, _key.Public);

        Assert.Empty(verdict.Problems);
        Assert.True(verdict.IsProven);
        Assert.Equal(10, verdict.Verdict.Pcrs.Count);
        Assert.Equal(_document.Evidence.Vm, verdict.Document.Evidence.Vm);
        Assert.Equal(_document.Evidence.CollectedAt, verdict.Document.Evidence.CollectedAt);
    }

    [Fact]
    public void Verify_ByOpenSsl_TheSignatureIsAsDocumented()
    {
        // DSSE's PAE over the payload's bytes, ECDSA P-256 with SHA-256, r and s: what docs/measured-boot.md states.
        using var json = System.Text.Json.JsonDocument.Parse(_file);
        var payload = json.RootElement.GetProperty("payload").GetBytesFromBase64();
        var signature = json.RootElement.GetProperty("signatures")[0].GetProperty("sig").GetBytesFromBase64();
        byte[] signed = [.. Encoding.UTF8.GetBytes($"DSSEv1 47 application/vnd.guesttune.boot-evidence.v1+json {payload.Length} "), .. payload];
        using var key = ECDsa.Create();
        key.ImportFromPem(_key.Public.ToPem());
        var pem = _folder.File("key.pem", _key.Public.ToPem());
        File.WriteAllBytes(_folder.PathOf("signed"), signed);
        File.WriteAllBytes(_folder.PathOf("sig"), DerOf(signature));

        using var openssl = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(
            "openssl", ["dgst", "-sha256", "-verify", pem, "-signature", _folder.PathOf("sig"), _folder.PathOf("signed")]) { RedirectStandardOutput = true, UseShellExecute = false })!;

        Assert.Equal("Verified OK\n", openssl.StandardOutput.ReadToEnd());
    }

    [Fact]
    public void Verify_OneByteOfThePayloadChanged_IsRefused()
    {
        var text = Encoding.UTF8.GetString(_document.ToBytes()).Replace("\"vm\":\"vm1\"", "\"vm\":\"vm2\"", StringComparison.Ordinal);
        var changed = SignedEnvelope.Parse(_file) with { Payload = Encoding.UTF8.GetBytes(text) };

        Assert.Equal("its signature is wrong: it was changed after it was signed", Assert.Single(DocumentVerifier.Verify(changed.ToBytes(), _key.Public).Problems));
    }

    [Fact]
    public void Verify_SignedByAnotherController_IsRefused()
    {
        using var other = ControllerKey.Open(new StoreFiles(_folder.PathOf("other")));

        Assert.Contains("it is not signed by the key that was given", Assert.Single(DocumentVerifier.Verify(Sign(_document, other), _key.Public).Problems), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nonce", "another nonce")]
    [InlineData("value", "not those that the TPM has signed")]
    [InlineData("signature", "signature")]
    [InlineData("log", "the event log is wrong at byte")]
    [InlineData("quote", "there is no quote")]
    [InlineData("changed", "another key than the one that is pinned")]
    [InlineData("not-activated", "nothing tied the attestation key to a TPM")]
    [InlineData("problem", "when it was collected: the TPM's counters went back")]
    [InlineData("verdict", "does not say why")]
    public void Verify_TheControllerItselfSignedWhatIsNotProven_SaysWhy(string what, string expected)
    {
        var evidence = _document.Evidence;
        var verdict = _document.Verdict;
        var lie = what switch
        {
            "nonce" => _document with { Evidence = evidence with { Nonce = new byte[32] } },
            "value" => _document with { Evidence = evidence with { Values = [.. evidence.Values.Select(v => v.Index == 8 ? v with { Digest = new byte[32] } : v)], EventLog = null } },
            "signature" => _document with { Evidence = evidence with { Signature = [.. evidence.Signature![..^1], (byte)(evidence.Signature![^1] ^ 1)] } },
            "log" => _document with { Evidence = evidence with { EventLog = evidence.EventLog![..^1] } },
            "quote" => _document with { Evidence = evidence with { Attest = null } },
            "changed" => _document with { Verdict = verdict with { Key = KeyTrust.Changed } },
            "not-activated" => _document with { Verdict = verdict with { Key = KeyTrust.NotActivated } },
            "problem" => _document with { Verdict = verdict with { Problems = ["the TPM's counters went back"] } },
            _ => _document with { Verdict = verdict with { IsProven = false } },
        };

        var problems = DocumentVerifier.Verify(Sign(lie), _key.Public).Problems;

        Assert.Contains(problems, p => p.Contains(expected, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("", "no JSON")]
    [InlineData("[]", "the document has no 'signatures'")]
    [InlineData("{\"payloadType\":\"x\",\"payload\":\"\",\"signatures\":[]}", "it has no signature")]
    [InlineData("{\"payloadType\":\"x\",\"payload\":\"\",\"signatures\":[{\"keyid\":\"k\",\"sig\":\"\"}]}", "its payload is of type 'x'")]
    [InlineData("{\"payloadType\":\"x\",\"payload\":\"!\",\"signatures\":[{\"keyid\":\"k\",\"sig\":\"\"}]}", "'payload' of the document is not base64")]
    [InlineData("{\"payload\":\"\",\"payload\":\"\"}", "no JSON")]
    [InlineData("{\"payload\":\"\",\"p\\u0061yload\":\"\"}", "no JSON")]
    [InlineData("{\"payloadType\":\"\\u001b[2J\\u202e\",\"payload\":\"\",\"signatures\":[{\"keyid\":\"k\",\"sig\":\"\"}]}", "its payload is of type '\\x1b[2J\\u{202e}'")]
    [InlineData("{\"payloadType\":\"\\ud800\",\"payload\":\"\",\"signatures\":[{\"keyid\":\"k\",\"sig\":\"\"}]}", "'payloadType' of the document is not text")]
    public void Verify_NoDocument_SaysWhatIsWrong(string text, string expected) => Assert.Contains(
        expected, Assert.Throws<DocumentException>(() => DocumentVerifier.Verify(Encoding.UTF8.GetBytes(text), _key.Public)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("\"collected_at\":\"[^\"]*\"", "\"collected_at\":\"0001-01-01T00:00:00+14:00\"", "'collected_at' of the payload is not a time")]
    [InlineData("\"collected_at\":\"[^\"]*\"", "\"collected_at\":\"2026-13-01T00:00:00Z\"", "'collected_at' of the payload is not a time")]
    [InlineData("\"mask\":1023", "\"mask\":16777216", "'mask' of selection is not a number from 0 to 16777215")]
    [InlineData("\"key\":\"pinned\"", "\"key\":\"Pinned\"", "'key' of verdict is not new, pinned, changed or not-activated")]
    [InlineData("\"vm\":\"vm1\"", "\"vm\":\"vm1\",\"v\\u006d\":\"vm2\"", "no JSON")]
    [InlineData("\"vm\":\"vm1\"", "\"vm\":\"LONG\"", "'vm' of the payload is not text of at most 8192 characters")]
    [InlineData("\"digest\":\"[^\"]*\"", "\"digest\":\"LONG\"", "a value has 12288 bytes; no bank has more than 64")]
    public void Parse_MemberThatCannotBe_SaysWhich(string pattern, string replacement, string expected)
    {
        var payload = new System.Text.RegularExpressions.Regex(pattern, System.Text.RegularExpressions.RegexOptions.NonBacktracking).Replace(
            Encoding.UTF8.GetString(_document.ToBytes()), replacement.Replace("LONG", new string('A', 16 * 1024), StringComparison.Ordinal), count: 1);

        Assert.Contains(expected, Assert.Throws<DocumentException>(() => EvidenceDocument.Parse(Encoding.UTF8.GetBytes(payload))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_MembersThatNobodyKnows_SayNothing()
    {
        var payload = Encoding.UTF8.GetString(_document.ToBytes()).Replace("{\"vm\"", "{\"VM\":\"other\",\"proven\":true,\"vm\"", StringComparison.Ordinal);
        var file = SignedEnvelope.Sign(EvidenceDocument.PayloadType, Encoding.UTF8.GetBytes(payload), _key).ToBytes();

        var verdict = DocumentVerifier.Verify(file, _key.Public);

        Assert.Empty(verdict.Problems);
        Assert.Equal("vm1", verdict.Document.Evidence.Vm);
    }

    [Fact]
    public void Verify_AnotherKeyIsNamed_TheOneThatSignedIsTold()
    {
        var renamed = SignedEnvelope.Parse(_file) with { KeyId = "sha256:\u001b]0;evil\u0007" };

        Assert.Equal(_key.Public.Id, DocumentVerifier.Verify(renamed.ToBytes(), _key.Public).SignedBy);
        using var other = ControllerKey.Open(new StoreFiles(_folder.PathOf("other")));
        var foreign = DocumentVerifier.Verify(renamed.ToBytes(), other.Public);
        Assert.Null(foreign.SignedBy);
        Assert.EndsWith(@"it names sha256:\x1b]0;evil\x07", Assert.Single(foreign.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_ManyLinesThatNobodySigned_AreNotReadToTheirEnd()
    {
        var path = _folder.File("lines", Encoding.UTF8.GetString(_file) + "\n" + string.Concat(Enumerable.Repeat("x\n", 100_000)));

        var files = VerifiedFile.Read(path, _key.Public);

        Assert.Equal(102, files.Count);
        Assert.Empty(files[0].Problems);
        Assert.Empty(files[0].Verdict!.Document.Evidence.EventLog!);
        Assert.Equal("100 of its lines are no documents that this key signed: the rest was not read", Assert.Single(files[^1].Problems));
    }

    [Fact]
    public void FromPem_AnotherCurveOf256Bits_IsRefused()
    {
        using var key = ECDsa.Create(ECCurve.CreateFromFriendlyName("brainpoolP256r1"));

        Assert.Contains("P-256", Assert.Throws<DocumentException>(() => VerificationKey.FromPem(key.ExportSubjectPublicKeyInfoPem())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_LargerThanAnyDocument_IsRefusedUnread() => Assert.Contains(
        "at most", Assert.Throws<DocumentException>(() => DocumentVerifier.Verify(new byte[SignedEnvelope.MaximumSizeBytes + 1], _key.Public)).Message, StringComparison.Ordinal);

    [Fact]
    public void Verify_AnyDamage_IsNeverProvenAndNeverAnythingButItsOwnError() => Prop.ForAll(
        Gen.Choose(0, _file.Length - 1).ToArbitrary(),
        Gen.Choose(1, 255).ToArbitrary(),
        (position, change) =>
        {
            byte[] damaged = [.. _file];
            damaged[position] ^= (byte)change;
            try
            {
                var envelope = SignedEnvelope.Parse(damaged);
                var original = SignedEnvelope.Parse(_file);

                // The name of the key is not signed: it only helps to find the key.
                Assert.True(!DocumentVerifier.Verify(damaged, _key.Public).IsProven || envelope with { KeyId = original.KeyId, Payload = [], Signature = [] } == original with { Payload = [], Signature = [] });
            }
            catch (DocumentException)
            {
                // Most damage is to the JSON or the base64.
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Fact]
    public void Open_Key_IsMadeOnceForItsUserAlone()
    {
        var files = new StoreFiles(_folder.PathOf("state"));
        using var again = ControllerKey.Open(files);

        Assert.Equal(_key.Public.Id, again.Public.Id);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(files.SigningKeyPath));
        Assert.Equal([files.SigningKeyPath], Directory.GetFiles(files.Directory));
    }

    [Fact]
    public async Task Open_KeyByManyAtOnce_IsOneKey()
    {
        for (var round = 0; round < 50; round++)
        {
            var files = new StoreFiles(_folder.PathOf($"race-{round}"));
            var ids = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
            {
                using var key = ControllerKey.Open(files);
                return key.Public.Id;
            })));

            Assert.Single(ids.Distinct());
        }
    }

    [Fact]
    public void Open_KeyIsDamaged_SaysSoAndKeepsIt()
    {
        var files = new StoreFiles(_folder.PathOf("damaged"));
        files.Prepare();
        File.WriteAllText(files.SigningKeyPath, "no key");

        Assert.Contains("signing key", Assert.Throws<StoreException>(() => ControllerKey.Open(files)).Message, StringComparison.Ordinal);
        Assert.Equal("no key", File.ReadAllText(files.SigningKeyPath));
    }

    private EvidenceDocument Collect()
    {
        var log = EditedLog.OfGrub("root=UUID=1234 ro quiet");
        foreach (var entry in log.Events.Where(static e => e.Type != EventType.NoAction))
        {
            _tpm.Extend(entry.Pcr, PcrBank.Sha256, entry.Digest(PcrBank.Sha256));
        }

        var client = new TpmClient(_tpm);
        var (handle, key) = client.CreatePrimary(TpmHandle.Endorsement, TpmTemplates.AttestationKey());
        var nonce = RandomNumberGenerator.GetBytes(32);
        var (attest, signature) = client.Quote(handle, nonce, Selection);
        var evidence = new BootEvidence
        {
            Vm = "vm1",
            CollectedAt = new DateTimeOffset(2026, 11, 22, 12, 0, 0, 1, TimeSpan.Zero),
            BootId = "boot-1",
            Nonce = nonce,
            Selection = Selection,
            Values = client.ReadPcrs([Selection]),
            ValuesSource = "/dev/tpmrm0",
            Attest = attest,
            Signature = signature,
            AttestationKey = key.Bytes.ToArray(),
            EventLog = log.ToBytes(),
        };
        return new EvidenceDocument(evidence, new RecordedVerdict(IsProven: true, KeyTrust.Pinned, []), "host1");
    }

    private byte[] Sign(EvidenceDocument document, ControllerKey? key = null) => SignedEnvelope.Sign(EvidenceDocument.PayloadType, document.ToBytes(), key ?? _key).ToBytes();

    private static byte[] DerOf(byte[] pair)
    {
        var writer = new System.Formats.Asn1.AsnWriter(System.Formats.Asn1.AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(new System.Numerics.BigInteger(pair.AsSpan(0, 32), isUnsigned: true, isBigEndian: true));
            writer.WriteInteger(new System.Numerics.BigInteger(pair.AsSpan(32), isUnsigned: true, isBigEndian: true));
        }

        return writer.Encode();
    }
}
