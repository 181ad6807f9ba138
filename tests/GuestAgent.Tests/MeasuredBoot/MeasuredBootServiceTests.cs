using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Grpc.Core;
using GuestTune.Agent.V1;
using GuestTune.MeasuredBoot.Attestation;
using GuestTune.MeasuredBoot.Tpm;
using GuestTune.SoftwareTpms;
using PcrSelection = GuestTune.MeasuredBoot.Tpm.PcrSelection;
using Selection = GuestTune.Agent.V1.PcrSelection;

namespace GuestTune.Agent.Tests.MeasuredBoot;

/// <summary>The agent's service over a real TPM.</summary>
public sealed class MeasuredBootServiceTests : IDisposable
{
    private const uint Sha256Algorithm = (uint)TpmAlgorithm.Sha256;

    private readonly SoftwareTpm _tpm = new();
    private readonly GuestTree _tree = GuestTree.WithoutHaltpoll();

    public MeasuredBootServiceTests() => _tree.Write("/sys/class/tpm/tpm0/tpm_version_major", "2\n");

    public void Dispose()
    {
        _tpm.Dispose();
        _tree.Dispose();
    }

    [Fact]
    public async Task ReadPcrs_Everything_IsWhatTheTpmHas()
    {
        await using var agent = await StartAsync();
        var digest = SHA256.HashData("boot"u8);
        _tpm.Extend(7, PcrBank.Sha256, digest);

        var answer = await agent.MeasuredBoot.ReadPcrsAsync(new ReadPcrsRequest());

        Assert.Equal(("/dev/tpmrm0", ""), (answer.Source, answer.DeviceProblem));
        Assert.Equal("11111111-1111-1111-1111-111111111111", answer.BootId);
        Assert.Equal([4u, 0xBu, 0xCu, 0xDu], answer.Banks.Select(b => b.Algorithm));
        Assert.All(answer.Banks, b => Assert.Equal((PcrSelection.AllPcrs, 24), (b.Mask, b.Digests.Count)));
        Assert.Equal(PcrBank.Sha256.Extend(new byte[32], digest), answer.Banks[1].Digests[7].ToByteArray());
    }

    [Fact]
    public async Task ReadPcrs_SomeRegistersOfABankAndABankThatIsNotThere_GivesWhatThereIs()
    {
        await using var agent = await StartAsync();

        var answer = await agent.MeasuredBoot.ReadPcrsAsync(new ReadPcrsRequest
        {
            Selections = { new Selection { Algorithm = Sha256Algorithm, Mask = 0x800081 }, new Selection { Algorithm = (uint)TpmAlgorithm.Sm3, Mask = 1 } },
        });

        Assert.Equal([0x800081u, 0u], answer.Banks.Select(b => b.Mask));
        Assert.Equal([3, 0], answer.Banks.Select(b => b.Digests.Count));
    }

    [Fact]
    public async Task Quote_ManyTimes_IsProvenAndLeavesNothingInTheTpm()
    {
        await using var agent = await StartAsync();
        var keys = await agent.MeasuredBoot.GetKeysAsync(new GetKeysRequest());

        // A TPM without the kernel's resource manager has room for three keys.
        for (var i = 0; i < 5; i++)
        {
            var nonce = RandomNumberGenerator.GetBytes(32);
            var answer = await QuoteAsync(agent, nonce);
            var values = answer.Values.Digests.Select((d, n) => new PcrValue(TpmAlgorithm.Sha256, n, d.ToByteArray())).ToArray();
            var verdict = QuoteVerifier.Verify(
                TpmPublic.Parse(keys.AttestationKey.Span),
                answer.Attest.Span,
                answer.Signature.Span,
                nonce,
                new PcrSelection(TpmAlgorithm.Sha256, 0x3FF),
                values);
            Assert.Empty(verdict.Problems);
            Assert.Equal(keys.AttestationKey, answer.AttestationKey);
        }
    }

    [Fact]
    public async Task ActivateCredential_MadeForThisTpm_GivesTheSecret()
    {
        await using var agent = await StartAsync();
        var keys = await agent.MeasuredBoot.GetKeysAsync(new GetKeysRequest());
        var secret = RandomNumberGenerator.GetBytes(32);

        var answer = await agent.MeasuredBoot.ActivateCredentialAsync(Activation(keys.EndorsementKey, keys.AttestationKey, secret));

        Assert.Equal(secret, answer.Secret.ToByteArray());
        Assert.Empty(keys.EndorsementCertificate);
        Assert.Equal("IBM", keys.Manufacturer);
    }

    [Theory]
    [InlineData(TpmHandle.RsaEkCertificate, TpmHandle.EccP384EkCertificate)]
    [InlineData(TpmHandle.EccP384EkCertificate, TpmHandle.RsaEkCertificate)]
    public async Task GetKeys_TpmCertifiedAsLibvirtDoes_GivesTheKeyThatTheCertificateIsForAndActivatesWithIt(uint kept, uint takenAway)
    {
        using var certified = new SoftwareTpm("sha256", isCertified: true);
        certified.Unprovision(takenAway);
        await using var agent = await AgentHost.StartAsync(_tree, tpms: FakeTpmDevices.Of(certified));

        var keys = await agent.MeasuredBoot.GetKeysAsync(new GetKeysRequest());
        var secret = RandomNumberGenerator.GetBytes(32);
        var answer = await agent.MeasuredBoot.ActivateCredentialAsync(Activation(keys.EndorsementKey, keys.AttestationKey, secret));

        using var certificate = X509CertificateLoader.LoadCertificate(keys.EndorsementCertificate.Span);
        var key = TpmPublic.Parse(keys.EndorsementKey.Span);
        Assert.Equal(new TpmClient(certified).ReadNv(kept), keys.EndorsementCertificate.ToByteArray());
        Assert.Equal(
            key.Type == TpmAlgorithm.Rsa ? RSA.Create(key.ToRsaParameters()).ExportSubjectPublicKeyInfo() : ECDsa.Create(key.ToEcParameters()).ExportSubjectPublicKeyInfo(),
            certificate.PublicKey.ExportSubjectPublicKeyInfo());
        Assert.Equal(secret, answer.Secret.ToByteArray());
    }

    [Fact]
    public async Task ActivateCredential_MadeForAnotherTpm_IsRefused()
    {
        using var other = new SoftwareTpm();
        var (_, theirs) = new TpmClient(other).CreatePrimary(TpmHandle.Endorsement, TpmTemplates.EccEndorsementKey());
        await using var agent = await StartAsync();
        var keys = await agent.MeasuredBoot.GetKeysAsync(new GetKeysRequest());

        var refusal = await Assert.ThrowsAsync<RpcException>(
            async () => await agent.MeasuredBoot.ActivateCredentialAsync(Activation(ByteString.CopyFrom(theirs.Bytes), keys.AttestationKey, new byte[32])));

        Assert.Equal(StatusCode.FailedPrecondition, refusal.StatusCode);
        Assert.Contains("TPM2_ActivateCredential", refusal.Status.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0u, 32, StatusCode.InvalidArgument, "names no register")]
    [InlineData(0x1000000u, 32, StatusCode.InvalidArgument, "mask 0x1000000")]
    [InlineData(1u, 15, StatusCode.InvalidArgument, "nonce has 15 bytes")]
    [InlineData(1u, 33, StatusCode.InvalidArgument, "nonce has 33 bytes")]
    public async Task Quote_OfWhatCannotBeRight_IsRefused(uint mask, int nonceSize, StatusCode code, string said)
    {
        await using var agent = await StartAsync();

        var refusal = await Assert.ThrowsAsync<RpcException>(() => QuoteAsync(agent, new byte[nonceSize], mask));

        Assert.Equal(code, refusal.StatusCode);
        Assert.Contains(said, refusal.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Quote_BankThatIsOff_SaysWhichThereAre()
    {
        using var old = new SoftwareTpm("sha1");
        await using var agent = await AgentHost.StartAsync(_tree, tpms: FakeTpmDevices.Of(old));

        for (var attempt = 0; attempt < 2; attempt++)
        {
            var refusal = await Assert.ThrowsAsync<RpcException>(() => QuoteAsync(agent, new byte[32]));

            Assert.Equal(StatusCode.FailedPrecondition, refusal.StatusCode);
            Assert.Contains("bank sha256; its banks: sha1", refusal.Status.Detail, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Quote_RefusedByAgentConf_IsRefused()
    {
        _tree.Write("/etc/guesttune/agent.conf", "deny-rpcs = Quote, ReadEventLog\n");
        await using var agent = await StartAsync();

        Assert.Equal(StatusCode.PermissionDenied, (await Assert.ThrowsAsync<RpcException>(() => QuoteAsync(agent, new byte[32]))).StatusCode);
        Assert.Equal(["Quote", "ReadEventLog"], (await agent.Client.GetInfoAsync(new GetInfoRequest())).Policy.RefusedRpcs);
    }

    [Fact]
    public async Task GetInfo_NamesTheTpmOrWhyThereIsNone()
    {
        await using var agent = await StartAsync();

        var with = (await agent.Client.GetInfoAsync(new GetInfoRequest())).MeasuredBoot;
        Directory.Delete(_tree.File("/sys/class/tpm"), recursive: true);
        var without = (await agent.Client.GetInfoAsync(new GetInfoRequest())).MeasuredBoot;

        Assert.Equal((true, "TPM 2.0 (/sys/class/tpm/tpm0)"), (with.Supported, with.Reason));
        Assert.False(without.Supported);
        Assert.Contains("this guest has no TPM", without.Reason, StringComparison.Ordinal);
    }

    private static ActivateCredentialRequest Activation(ByteString endorsementKey, ByteString attestationKey, byte[] secret)
    {
        var key = TpmPublic.Parse(endorsementKey.Span);
        var credential = Credential.Make(key, TpmPublic.Parse(attestationKey.Span).ComputeName(), secret);
        return new ActivateCredentialRequest
        {
            Credential = ByteString.CopyFrom(credential.Blob),
            EncryptedSeed = ByteString.CopyFrom(credential.EncryptedSeed),
            EndorsementKeyType = (uint)key.Type,
        };
    }

    [Fact]
    public async Task Quote_RegisterExtendedAfterItWasRead_IsMadeAgainAndProven()
    {
        var extends = 0;
        await using var agent = await AgentHost.StartAsync(_tree, tpms: FakeTpmDevices.Of(new Busy(_tpm, TpmCommandCode.Quote, () => extends++ == 0)));
        var nonce = RandomNumberGenerator.GetBytes(32);

        var answer = await QuoteAsync(agent, nonce);

        var values = answer.Values.Digests.Select((d, n) => new PcrValue(TpmAlgorithm.Sha256, n, d.ToByteArray())).ToArray();
        var verdict = QuoteVerifier.Verify(
            TpmPublic.Parse(answer.AttestationKey.Span), answer.Attest.Span, answer.Signature.Span, nonce, new PcrSelection(TpmAlgorithm.Sha256, 0x3FF), values);
        Assert.Empty(verdict.Problems);
        Assert.Equal(2, extends);
        Assert.NotEqual(new byte[32], values[7].Digest);
    }

    [Fact]
    public async Task Quote_RegisterExtendedAllTheTime_IsRefused()
    {
        await using var agent = await AgentHost.StartAsync(_tree, tpms: FakeTpmDevices.Of(new Busy(_tpm, TpmCommandCode.Quote, static () => true)));

        var refusal = await Assert.ThrowsAsync<RpcException>(() => QuoteAsync(agent, new byte[32]));

        Assert.Equal(StatusCode.FailedPrecondition, refusal.StatusCode);
        Assert.Contains("something keeps extending them", refusal.Status.Detail, StringComparison.Ordinal);
    }

    private Task<AgentHost> StartAsync() => AgentHost.StartAsync(_tree, tpms: FakeTpmDevices.Of(_tpm));

    private static async Task<QuoteResponse> QuoteAsync(AgentHost agent, byte[] nonce, uint mask = 0x3FF) => await agent.MeasuredBoot.QuoteAsync(new QuoteRequest
    {
        Nonce = ByteString.CopyFrom(nonce),
        Selection = new Selection { Algorithm = Sha256Algorithm, Mask = mask },
    });

    /// <summary>A TPM of which somebody extends a register just before a command of one kind.</summary>
    private sealed class Busy(SoftwareTpm tpm, TpmCommandCode before, Func<bool> extends) : ITpmTransport
    {
        public byte[] Execute(ReadOnlySpan<byte> command)
        {
            if ((TpmCommandCode)BinaryPrimitives.ReadUInt32BigEndian(command[6..]) == before && extends())
            {
                tpm.Extend(7, PcrBank.Sha256, SHA256.HashData("late"u8));
            }

            return tpm.Execute(command);
        }
    }
}
