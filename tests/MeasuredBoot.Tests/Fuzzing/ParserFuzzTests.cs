using GuestTune.MeasuredBoot.Attestation;
using GuestTune.MeasuredBoot.EventLog;
using GuestTune.MeasuredBoot.Tests.EventLog;
using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.MeasuredBoot.Tests.Fuzzing;

/// <summary>Whatever a TPM or a guest sends: its parser returns or throws its own error, and allocates in proportion to what was sent.</summary>
public class ParserFuzzTests
{
    /// <summary>Arithmetic with keys of at most 4,096 bits.</summary>
    private const int CryptographyBytes = 256 * 1024;

    private static readonly PcrSelection Quoted = new(TpmAlgorithm.Sha256, 0x3FF);
    private static readonly byte[] Nonce = PcrBank.Sha256.Hash("nonce"u8);

    [Fact]
    public void EventLog_AnyBytes_IsParsedToldAndReplayedWithinBounds()
    {
        var registers = RecordedLog.Load("ovmf-direct-kernel").Values;
        Fuzzer.Run(new FuzzTarget(
            "event-log",
            Runs: 8_000,
            [.. Recorded("*.eventlog"), EventLogSamples.OfEveryKind(), EventLogSamples.OfSha1Alone()],
            EventLogSamples.Words,
            (input, budget) =>
            {
                var log = budget.Spend("parsing", () => BootEventLog.Parse(input));
                budget.Spend("telling", () => log.Events.Sum(static e => EventStory.Of(e, PcrBank.Sha256).Text.Length));
                budget.Spend("replaying", () =>
                {
                    var replay = new EventLogReplay(log, PcrBank.Sha256);
                    return registers.Where(static v => v.Bank == TpmAlgorithm.Sha256).Count(v => replay.Compare(v).Kind == PcrEvidenceKind.Proven);
                });
            },
            static e => e is EventLogException));
    }

    [Fact]
    public void Attest_AnyBytes_IsParsedWithinBounds() => Fuzzer.Run(new FuzzTarget(
        "attest", Runs: 100_000, Recorded("*.attest"), [], static (input, budget) => budget.Spend("parsing", () => QuoteStatement.Parse(input)), static e => e is TpmFormatException));

    [Fact]
    public void Signature_AnyBytes_VerifiesOrNot()
    {
        TpmPublic[] keys = [.. new[] { "attestation", "rsassa", "rsapss" }.Select(name => TpmPublic.Parse(Recorded($"{name}.public")[0]))];
        Fuzzer.Run(new FuzzTarget(
            "signature",
            Runs: 20_000,
            Recorded("*.signature"),
            [],
            (input, budget) =>
            {
                var signature = budget.Spend("parsing", () => TpmSignature.Parse(input));
                budget.Spend("verifying", () => keys.Any(k => signature.Verifies(k, Nonce)), CryptographyBytes);
            },
            static e => e is TpmFormatException));
    }

    [Fact]
    public void Public_AnyBytes_IsAKeyOrNone()
    {
        TpmSignature[] signatures = [.. Recorded("*.signature").Select(static s => TpmSignature.Parse(s))];
        Fuzzer.Run(new FuzzTarget(
            "public",
            Runs: 20_000,
            Recorded("*.public"),
            [],
            (input, budget) =>
            {
                var key = budget.Spend("parsing", () => TpmPublic.Parse(input));
                budget.Spend("verifying", () => signatures.Any(s => s.Verifies(key, Nonce)), CryptographyBytes);
                budget.Spend("naming", key.ComputeName);
                budget.Spend("making a credential", () => Credential.Make(key, Nonce, Nonce), CryptographyBytes);
            },
            static e => e is TpmFormatException));
    }

    [Fact]
    public void Response_AnyBytes_IsAnAnswerOrNone() => Fuzzer.Run(new FuzzTarget(
        "response",
        Runs: 20_000,
        Recorded("*.responses"),
        [],
        static (input, budget) =>
        {
            foreach (var ask in Questions)
            {
                var tpm = new ReplayedTpm(input);
                try
                {
                    // A command that is written costs something, too.
                    budget.Spend("asking", () => ask(new TpmClient(tpm)), ReplayedTpm.MostBytes);
                }
                catch (Exception e) when (e is IOException or TpmFormatException)
                {
                    // The next question.
                }

                Assert.True(tpm.Asked <= ReplayedTpm.MostQuestions, "it asks for ever");
            }
        },
        static _ => false));

    private static Func<TpmClient, object?>[] Questions =>
    [
        static tpm => tpm.ReadAllocation(),
        static tpm => tpm.ReadManufacturer(),
        static tpm => tpm.ReadUncountedPcrs(),
        static tpm => tpm.ReadClock(),
        static tpm => tpm.ReadPcrs([new PcrSelection(TpmAlgorithm.Sha1, PcrSelection.AllPcrs), new PcrSelection(TpmAlgorithm.Sha256, PcrSelection.AllPcrs)]),
        static tpm => tpm.CreatePrimary(TpmHandle.Endorsement, TpmTemplates.AttestationKey()),
        static tpm => tpm.Quote(TpmHandle.Endorsement, Nonce, Quoted),
        static tpm => tpm.ActivateCredential(TpmHandle.Endorsement, TpmHandle.Endorsement, TpmKeyAttributes.None, Nonce, Nonce),
        static tpm => tpm.ReadNv(TpmHandle.RsaEkCertificate),
    ];

    private static byte[][] Recorded(string pattern)
    {
        var files = Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Recorded"), pattern, SearchOption.AllDirectories);
        Assert.NotEmpty(files);
        return [.. files.Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];
    }
}
