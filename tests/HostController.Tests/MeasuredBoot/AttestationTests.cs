using System.Buffers.Binary;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using GuestTune.Agent.V1;
using GuestTune.Controller.Fleet;
using GuestTune.Controller.MeasuredBoot.Evidence;
using GuestTune.Controller.V1;
using GuestTune.HostController.Tests.Fakes;
using GuestTune.MeasuredBoot.EventLog;
using GuestTune.MeasuredBoot.Tests.Fuzzing;
using GuestTune.MeasuredBoot.Tpm;
using GuestTune.SoftwareTpms;
using PcrSelection = GuestTune.Agent.V1.PcrSelection;

namespace GuestTune.HostController.Tests.MeasuredBoot;

/// <summary>A controller that lets a real TPM prove something, and everything that a guest could do instead.</summary>
public sealed class AttestationTests : IAsyncLifetime
{
    private const string Vm = "vm1";

    private readonly SoftwareTpm _tpm = new("sha1,sha256");
    private readonly EventLogWriter _log = new();
    private readonly EnrolledKeysInMemory _keys = new();
    private TestFleet _fleet = null!;
    private FleetController _controller = null!;
    private ScriptedTpm _guest = null!;

    public async ValueTask InitializeAsync()
    {
        _fleet = await TestFleet.StartAsync(Vm);
        _controller = _fleet.CreateController(keys: _keys);
        _guest = _fleet.Vms[0].Tpm;
        _guest.Tpm = _tpm;
        Boot();
    }

    public async ValueTask DisposeAsync()
    {
        await _controller.DisposeAsync();
        await _fleet.DisposeAsync();
        _tpm.Dispose();
    }

    [Fact]
    public async Task CollectEvidence_FirstTime_IsProvenAndPinsTheKeys()
    {
        var result = await CollectAsync();

        Assert.Empty(result.Judgement.Problems);
        Assert.True(result.Judgement.Proven);
        Assert.Equal(KeyStanding.New, result.Judgement.Key);
        Assert.Equal([LogStanding.Proven, LogStanding.Untouched, LogStanding.Proven], new[] { 4, 5, 8 }.Select(i => result.Judgement.Pcrs[i].Log));
        var pinned = await _keys.FindAsync(Vm, default);
        Assert.Equal(result.Evidence.AttestationKey.ToByteArray(), pinned!.AttestationKey);
        Assert.Equal(result.Judgement.Clock.ResetCount, pinned.LastSeen.ResetCount);
    }

    [Fact]
    public async Task CollectEvidence_Again_IsByThePinnedKeyAndRemembersTheCounters()
    {
        await CollectAsync();
        _tpm.Restart();
        Boot(isSameLog: true);

        var result = await CollectAsync();

        Assert.Empty(result.Judgement.Problems);
        Assert.Equal(KeyStanding.Pinned, result.Judgement.Key);
        Assert.Equal(result.Judgement.Clock.ResetCount, (await _keys.FindAsync(Vm, default))!.LastSeen.ResetCount);
    }

    [Fact]
    public async Task CollectEvidence_ReplayedQuote_IsNotProven()
    {
        QuoteResponse? first = null;
        _guest.Forge = answer => answer is QuoteResponse quote ? first ??= quote : answer;
        Assert.True((await CollectAsync()).Judgement.Proven);

        await AssertNotProvenAsync("answers another nonce");
    }

    [Fact]
    public async Task CollectEvidence_QuoteOverANonceOfTheGuests_IsNotProven()
    {
        _guest.ForgeQuestion = request => new QuoteRequest(request) { Nonce = ByteString.CopyFrom(new byte[32]) };

        await AssertNotProvenAsync("answers another nonce");
        Assert.Null(await _keys.FindAsync(Vm, default));
    }

    [Fact]
    public async Task CollectEvidence_QuoteOverNothing_IsNotProven()
    {
        var values = await CollectAsync();
        _guest.ForgeQuestion = request => new QuoteRequest(request) { Selection = new PcrSelection { Algorithm = request.Selection.Algorithm, Mask = 0 } };
        _guest.Forge = answer => answer is QuoteResponse quote ? new QuoteResponse(quote) { Values = values.Evidence.Banks[0] } : answer;

        await AssertNotProvenAsync("over other registers than those that were asked for");
    }

    [Fact]
    public async Task CollectEvidence_QuoteOfAnotherVm_IsNotProven()
    {
        await CollectAsync();
        using var other = new SoftwareTpm("sha1,sha256");
        _guest.Tpm = other;
        Boot(other);

        var judgement = await AssertNotProvenAsync("signed by another key than the one that is pinned");
        Assert.Equal(KeyStanding.Changed, judgement.Key);
    }

    [Fact]
    public async Task CollectEvidence_QuoteOfAnotherVmWithThePinnedKey_IsNotProven()
    {
        var own = await CollectAsync();
        using var other = new SoftwareTpm("sha1,sha256");
        _guest.Tpm = other;
        Boot(other);
        _guest.Forge = answer => answer is QuoteResponse quote ? new QuoteResponse(quote) { AttestationKey = own.Evidence.AttestationKey } : answer;

        await AssertNotProvenAsync("the signature is not that of the attestation key");
    }

    [Fact]
    public async Task CollectEvidence_KeyThatIsNotInTheTpmShown_IsNeverPinned()
    {
        using var other = new SoftwareTpm("sha256");
        var (_, theirs) = new TpmClient(other).CreatePrimary(TpmHandle.Endorsement, TpmTemplates.EccEndorsementKey());
        _guest.Forge = answer => answer is GetKeysResponse keys ? new GetKeysResponse(keys) { EndorsementKey = ByteString.CopyFrom(theirs.Bytes) } : answer;

        var judgement = await AssertNotProvenAsync("does not open the credential");
        Assert.Equal(KeyStanding.Unspecified, judgement.Key);
        Assert.Null(await _keys.FindAsync(Vm, default));
    }

    [Fact]
    public async Task CollectEvidence_WrongSecret_IsNeverPinned()
    {
        _guest.Forge = answer => answer is ActivateCredentialResponse ? new ActivateCredentialResponse { Secret = ByteString.CopyFrom(new byte[32]) } : answer;

        await AssertNotProvenAsync("could not open the credential");
        Assert.Null(await _keys.FindAsync(Vm, default));
    }

    [Fact]
    public async Task CollectEvidence_SoftwareKeyInPlaceOfAnEndorsementKey_IsNeverPinned()
    {
        _guest.Forge = answer => answer is GetKeysResponse keys ? new GetKeysResponse(keys) { EndorsementKey = keys.AttestationKey } : answer;

        await AssertNotProvenAsync("not a restricted decryption key");
    }

    [Fact]
    public async Task CollectEvidence_EnrolledAnew_PinsTheNewKey()
    {
        await CollectAsync();
        using var other = new SoftwareTpm("sha1,sha256");
        _guest.Tpm = other;
        Boot(other);

        Assert.Equal(KeyStanding.New, (await CollectAsync(enrolAnew: true)).Judgement.Key);
        Assert.Equal(KeyStanding.Pinned, (await CollectAsync()).Judgement.Key);
    }

    [Theory]
    [InlineData(TpmAlgorithm.Rsa, TpmHandle.RsaEkCertificate, TpmHandle.EccP384EkCertificate)]
    [InlineData(TpmAlgorithm.Ecc, TpmHandle.EccP384EkCertificate, TpmHandle.RsaEkCertificate)]
    public async Task CollectEvidence_TpmCertifiedAsLibvirtDoes_IsEnrolledWithItsCertificate(TpmAlgorithm type, uint kept, uint takenAway)
    {
        using var certified = new SoftwareTpm("sha256", isCertified: true);
        certified.Unprovision(takenAway);
        _guest.Tpm = certified;
        _guest.EventLog = null;

        var result = await CollectAsync();

        Assert.Empty(result.Judgement.Problems);
        Assert.Equal(KeyStanding.New, result.Judgement.Key);
        var pinned = await _keys.FindAsync(Vm, default);
        Assert.Equal(type, TpmPublic.Parse(pinned!.EndorsementKey).Type);
        Assert.Equal(new TpmClient(certified).ReadNv(kept), pinned.EndorsementCertificate);
        Assert.Equal(KeyStanding.Pinned, (await CollectAsync()).Judgement.Key);
    }

    [Fact]
    public async Task CollectEvidence_CertificateOfAnotherTpm_IsNeverPinned()
    {
        using var certified = new SoftwareTpm("sha256", isCertified: true);
        using var other = new SoftwareTpm("sha256", isCertified: true);
        var theirs = new TpmClient(other).ReadNv(TpmHandle.RsaEkCertificate);
        _guest.Tpm = certified;
        _guest.EventLog = null;
        _guest.Forge = answer => answer is GetKeysResponse keys ? new GetKeysResponse(keys) { EndorsementCertificate = ByteString.CopyFrom(theirs) } : answer;

        await AssertNotProvenAsync("the endorsement certificate is for another key");
        Assert.Null(await _keys.FindAsync(Vm, default));
    }

    [Fact]
    public async Task CollectEvidence_ValueChangedInTransit_IsNotProven()
    {
        _guest.Forge = answer =>
        {
            if (answer is QuoteResponse quote)
            {
                quote.Values.Digests[4] = ByteString.CopyFrom(new byte[32]);
            }

            return answer;
        };

        await AssertNotProvenAsync("not those that the TPM has signed");
    }

    [Fact]
    public async Task CollectEvidence_ResetCounterWentBack_IsNotProvenUntilEnrolledAnew()
    {
        var old = _tpm.SaveState();
        _tpm.Restart();
        _tpm.Restart();
        Boot(isSameLog: true);
        Assert.True((await CollectAsync()).Judgement.Proven);
        _tpm.Restart(old);
        Boot(isSameLog: true);

        await AssertNotProvenAsync("counters went back");
        await AssertNotProvenAsync("counters went back");
        Assert.True((await CollectAsync(enrolAnew: true)).Judgement.Proven);
        Assert.True((await CollectAsync()).Judgement.Proven);
    }

    [Fact]
    public async Task CollectEvidence_BankOfSha1_IsNoProof() => await AssertNotProvenAsync("SHA-1", TpmAlgorithm.Sha1);

    [Fact]
    public async Task CollectEvidence_TpmWithBankOfSha1Alone_IsNoProofOfAnyBank()
    {
        using var old = new SoftwareTpm("sha1");
        _guest.Tpm = old;
        _guest.EventLog = null;

        await AssertNotProvenAsync("SHA-1", TpmAlgorithm.Sha1);

        // A TPM quotes nothing over a bank that is off, and signs that: the values are then anybody's.
        var last = await LastAsync();
        Assert.False(last.Evidence is { Judgement.Proven: true });
    }

    [Fact]
    public async Task CollectEvidence_LogOfSha1Alone_IsNotProven()
    {
        _guest.EventLog = [.. EventLogSamples.OfSha1Alone()];

        await AssertNotProvenAsync("the event log has no digests of bank sha256");
    }

    [Fact]
    public async Task CollectEvidence_EventRemoved_IsNamed() => await TamperAsync(pieces => pieces.RemoveAt(2), "PCR 4: the event log does not agree with the register");

    [Fact]
    public async Task CollectEvidence_EventAdded_IsNamed() => await TamperAsync(
        pieces => pieces.Insert(2, new EventLogWriter().Measure(null, 4, EventType.EfiAction, "Something else"u8.ToArray()).Pieces[1]),
        "at event 2 (EV_EFI_ACTION)");

    [Fact]
    public async Task CollectEvidence_EventsSwapped_AreNamed() => await TamperAsync(
        pieces => (pieces[1], pieces[2]) = (pieces[2], pieces[1]),
        "were swapped in the log");

    [Fact]
    public async Task CollectEvidence_EventMovedToAnotherRegister_IsNamed() => await TamperAsync(pieces => BinaryPrimitives.WriteInt32LittleEndian(pieces[1], 9), "PCR 9");

    [Fact]
    public async Task CollectEvidence_EventRelabelled_IsToldByNoType()
    {
        // The type is not measured, and so nobody can find that it was changed: what it says is believed only where the data is covered.
        BinaryPrimitives.WriteUInt32LittleEndian(_log.Pieces[1].AsSpan(4), EventType.EfiBootServicesApplication);
        _guest.EventLog = _log.Log;

        Assert.True((await CollectAsync()).Judgement.Proven);
    }

    [Fact]
    public async Task CollectEvidence_TextOfAnEventReplaced_IsNotBelieved()
    {
        var honest = BootStory.Of(await CollectAsync());
        var text = _log.Pieces[3].AsSpan();
        "quiet"u8.CopyTo(text[^6..]);
        _guest.EventLog = _log.Log;

        var forged = await CollectAsync();

        Assert.True(forged.Judgement.Proven);
        Assert.Equal(EventProof.Content, honest[^1].Proof);
        Assert.Equal(EventProof.Digest, BootStory.Of(forged)[^1].Proof);
    }

    [Fact]
    public async Task CollectEvidence_LogTorn_IsNotProven() => await TamperAsync(pieces => pieces[^1] = pieces[^1][..^1], "it ends within an event's data");

    [Fact]
    public async Task CollectEvidence_LogWithoutItsEnd_DoesNotCoverTheRegister()
    {
        // As where a boot loader measures and writes no log: the value is proven, and what made it is not known.
        _log.Pieces.RemoveAt(_log.Pieces.Count - 1);
        _guest.EventLog = _log.Log;

        var judgement = (await CollectAsync()).Judgement;

        Assert.True(judgement.Proven);
        Assert.Equal(LogStanding.NotCovered, judgement.Pcrs[8].Log);
    }

    [Fact]
    public async Task CollectEvidence_EmptyLogWithRegistersSet_IsNotProven()
    {
        _guest.EventLog = [];

        await AssertNotProvenAsync("the event log is wrong at byte 0: it is empty");
    }

    [Fact]
    public async Task CollectEvidence_NoLog_IsProvenAndSaysSoUnlessALogIsRequired()
    {
        _guest.EventLog = null;

        var result = await CollectAsync();

        Assert.True(result.Judgement.Proven);
        Assert.False(result.Evidence.HasEventLog);
        Assert.Contains("PCRs without a log", result.Evidence.EventLogProblem, StringComparison.Ordinal);
        Assert.False((await CollectAsync(logIsRequired: true)).Judgement.Proven);
    }

    [Fact]
    public async Task CollectEvidence_EndlessLog_IsRefused()
    {
        var sent = 0;
        _guest.EventLogPieces = Enumerable.Range(0, 3200).Select(_ =>
        {
            sent++;
            return new byte[32 * 1024];
        });

        var error = await ErrorAsync();

        Assert.Contains("more than 4194304 bytes; no real one has", error.Message, StringComparison.Ordinal);
        Assert.InRange(sent, 100, 400);
    }

    [Fact]
    public async Task CollectEvidence_LogInEmptyPieces_IsRefused()
    {
        _guest.EventLogPieces = Enumerable.Repeat<byte[]>([], 1_000_000);

        Assert.Contains("empty pieces", (await ErrorAsync()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1, collected 2030-01-01 by host9")]
    [InlineData("\u001b[1A")]
    public async Task CollectEvidence_BootIdThatSaysMore_IsRefused(string id)
    {
        _guest.Forge = answer => answer is QuoteResponse quote ? new QuoteResponse(quote) { BootId = id } : answer;

        Assert.Contains("its boot id has other characters", (await ErrorAsync()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CollectEvidence_LogRefusedAtLength_IsToldInShortAndEscaped()
    {
        _guest.EventLogPieces = Enumerable.Range(0, 1).Select<int, byte[]>(
            static _ => throw new RpcException(new Status(StatusCode.PermissionDenied, "no\u001b[2J " + new string('a', 4_000))));

        var problem = (await CollectAsync()).Evidence.EventLogProblem;

        Assert.StartsWith(@"no\x1b[2J aaa", problem, StringComparison.Ordinal);
        Assert.InRange(problem.Length, 100, 500);
    }

    [Fact]
    public async Task CollectEvidence_NoTpm_SaysSo()
    {
        _guest.Tpm = null;

        Assert.Contains("this guest has no TPM", (await ErrorAsync()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(0x1000000u)]
    public async Task CollectEvidence_SelectionThatCannotBeRight_IsRefusedBeforeAnyVmIsAsked(uint mask)
    {
        var request = new CollectEvidenceRequest { Selection = new Controller.V1.Selection { All = true }, Pcrs = new PcrSelection { Algorithm = 0xB, Mask = mask } };

        Assert.Equal(StatusCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(async () => await _controller.CollectEvidenceAsync(request, default).ToListAsync())).StatusCode);
    }

    [Fact]
    public async Task ReadPcrs_MoreThanWasAskedFor_IsRefused()
    {
        _guest.Forge = answer => answer is ReadPcrsResponse read ? new ReadPcrsResponse(read) { Banks = { read.Banks } } : answer;

        Assert.Contains("some of them twice", (await ReadErrorAsync()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadPcrs_ValueOfTheWrongSize_IsRefused()
    {
        _guest.Forge = answer =>
        {
            if (answer is ReadPcrsResponse read)
            {
                read.Banks[0].Digests[3] = ByteString.CopyFrom(new byte[1000]);
            }

            return answer;
        };

        Assert.Contains("of the wrong size", (await ReadErrorAsync()).Message, StringComparison.Ordinal);
    }

    /// <summary>What firmware and a boot loader measure.</summary>
    private void Boot(SoftwareTpm? tpm = null, bool isSameLog = false)
    {
        tpm ??= _tpm;
        var log = isSameLog || _log.Pieces.Count > 1 ? new EventLogWriter() : _log;
        log.Measure(tpm, 4, EventType.EfiAction, "Calling EFI Application from Boot Option"u8.ToArray())
            .Measure(tpm, 4, EventType.EfiBootServicesApplication, "a program's device path"u8.ToArray(), measured: "its code"u8.ToArray())
            .Measure(tpm, 8, EventType.Ipl, Encoding.ASCII.GetBytes("kernel_cmdline: /vmlinuz root=/dev/vda\0"), measured: "/vmlinuz root=/dev/vda"u8.ToArray());
        _guest.EventLog = log.Log;
    }

    private async Task TamperAsync(Action<List<byte[]>> change, string said)
    {
        change(_log.Pieces);
        _guest.EventLog = _log.Log;
        await AssertNotProvenAsync(said);
    }

    private async Task<EvidenceJudgement> AssertNotProvenAsync(string said, TpmAlgorithm bank = TpmAlgorithm.Sha256)
    {
        var judgement = (await CollectAsync(bank: bank)).Judgement;
        Assert.False(judgement.Proven, $"proven at {judgement.Clock}, pinned {await _keys.FindAsync(Vm, default)}");
        Assert.Contains(judgement.Problems, p => p.Contains(said, StringComparison.Ordinal));
        return judgement;
    }

    private async Task<EvidenceResult> CollectAsync(bool enrolAnew = false, bool logIsRequired = false, TpmAlgorithm bank = TpmAlgorithm.Sha256)
    {
        var result = await LastAsync(enrolAnew, logIsRequired, bank);
        Assert.Null(result.Error);
        return result.Evidence;
    }

    private async Task<VmError> ErrorAsync() => (await LastAsync()).Error;

    private async Task<VmError> ReadErrorAsync()
    {
        var request = new Controller.V1.ReadPcrsRequest { Selection = new Controller.V1.Selection { All = true } };
        return (await _controller.ReadPcrsAsync(request, default).ToListAsync())[^1].Error;
    }

    private async Task<VmEvent> LastAsync(bool enrolAnew = false, bool logIsRequired = false, TpmAlgorithm bank = TpmAlgorithm.Sha256)
    {
        var request = new CollectEvidenceRequest
        {
            Selection = new Controller.V1.Selection { All = true },
            Pace = new Pace { TimeoutMs = 600_000 },
            Pcrs = new PcrSelection { Algorithm = (uint)bank, Mask = 0x3FF },
            EnrolAnew = enrolAnew,
            EventLogRequired = logIsRequired,
        };
        return (await _controller.CollectEvidenceAsync(request, default).ToListAsync())[^1];
    }
}
