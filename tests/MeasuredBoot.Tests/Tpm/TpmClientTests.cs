using System.Security.Cryptography;
using GuestTune.MeasuredBoot.Attestation;
using GuestTune.MeasuredBoot.Tpm;
using GuestTune.SoftwareTpms;

namespace GuestTune.MeasuredBoot.Tests.Tpm;

public sealed class TpmClientTests : IDisposable
{
    private readonly SoftwareTpm _tpm = new();
    private readonly TpmClient _client;

    public TpmClientTests() => _client = new TpmClient(_tpm);

    public void Dispose() => _tpm.Dispose();

    [Fact]
    public void ReadAllocation_NewTpm_NamesItsBanks()
    {
        var banks = _client.ReadAllocation();

        Assert.Contains(new PcrSelection(TpmAlgorithm.Sha256, PcrSelection.AllPcrs), banks);
        Assert.Equal("IBM", _client.ReadManufacturer());
    }

    [Fact]
    public void ReadPcrs_AllBanks_GivesEveryRegister()
    {
        var banks = _client.ReadAllocation();
        _tpm.Extend(7, PcrBank.Sha256, SHA256.HashData("one"u8));

        var values = _client.ReadPcrs(banks);

        Assert.Equal(banks.Sum(b => b.Count), values.Count);
        var expected = PcrBank.Sha256.Extend(new byte[32], SHA256.HashData("one"u8));
        Assert.Equal(expected, values.Single(v => v is { Bank: TpmAlgorithm.Sha256, Index: 7 }).Digest);
        Assert.Equal(Enumerable.Repeat((byte)0xFF, 32), values.Single(v => v is { Bank: TpmAlgorithm.Sha256, Index: 17 }).Digest);
    }

    [Fact]
    public void ReadPcrs_BanksThatAreOff_CostNothing()
    {
        using var tpm = new SoftwareTpm("sha256");
        var commands = 0;
        var client = new TpmClient(new Scripted(command =>
        {
            commands++;
            return tpm.Execute(command);
        }));

        var values = client.ReadPcrs([new(TpmAlgorithm.Sha1, 0x7F), new(TpmAlgorithm.Sha256, 0x7BFF), new(TpmAlgorithm.Sha512, PcrSelection.AllPcrs)]);

        Assert.Equal(Enumerable.Range(0, 15).Where(static i => i != 10), values.Select(static v => v.Index));
        Assert.Equal(3, commands);
    }

    [Fact]
    public void ReadPcrs_TpmThatAlwaysGivesTheSameRegister_IsRefused()
    {
        PcrSelection[] wanted = [new(TpmAlgorithm.Sha256, 1 << 5), new(TpmAlgorithm.Sha256, 1 << 6)];
        var client = new TpmClient(new Scripted(_ =>
        {
            var answer = new TpmWriter().UInt32(7);
            PcrSelection.WriteList(answer, wanted[0] with { Mask = 0 }, wanted[1]);
            return Response(answer.UInt32(1).Sized(new byte[32]));
        }));

        Assert.Single(client.ReadPcrs(wanted));
        Assert.Throws<TpmFormatException>(() => client.ReadPcrs([wanted[0]]));
    }

    [Fact]
    public void ReadAllocation_BankNamedTwice_IsRefused()
    {
        var client = new TpmClient(new Scripted(_ =>
        {
            var answer = new TpmWriter().UInt8(0).UInt32(5);
            PcrSelection.WriteList(answer, new(TpmAlgorithm.Sha256, 1), new(TpmAlgorithm.Sha256, 2));
            return Response(answer);
        }));

        Assert.Contains("twice", Assert.Throws<TpmFormatException>(() => client.ReadAllocation()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Quote_ByTheAttestationKey_IsProven()
    {
        var (handle, key) = _client.CreatePrimary(TpmHandle.Endorsement, TpmTemplates.AttestationKey());
        var nonce = RandomNumberGenerator.GetBytes(32);
        var selection = new PcrSelection(TpmAlgorithm.Sha256, PcrSelection.AllPcrs);
        var values = _client.ReadPcrs([selection]);

        var (attest, signature) = _client.Quote(handle, nonce, selection);

        var verdict = QuoteVerifier.Verify(key, attest, signature, nonce, selection, values);
        Assert.Empty(verdict.Problems);
        Assert.True(verdict.Statement!.ResetCount > 0 || verdict.Statement.ClockMs > 0);
    }

    [Fact]
    public void CreatePrimary_SameTemplateAgain_IsTheSameKey()
    {
        var (first, one) = _client.CreatePrimary(TpmHandle.Endorsement, TpmTemplates.AttestationKey());
        _client.Flush(first);
        var (_, two) = _client.CreatePrimary(TpmHandle.Endorsement, TpmTemplates.AttestationKey());

        Assert.Equal(one.Bytes.ToArray(), two.Bytes.ToArray());
    }

    [Theory]
    [InlineData("RSA 2048")]
    [InlineData("ECC P-256")]
    [InlineData("ECC P-384")]
    public void ActivateCredential_MadeForThisTpm_GivesTheSecret(string kind)
    {
        var (attestationHandle, attestation) = _client.CreatePrimary(TpmHandle.Endorsement, TpmTemplates.AttestationKey());
        var (endorsementHandle, endorsement) = _client.CreatePrimary(
            TpmHandle.Endorsement, kind switch { "RSA 2048" => TpmTemplates.RsaEndorsementKey(), "ECC P-256" => TpmTemplates.EccEndorsementKey(), _ => TpmTemplates.EccP384EndorsementKey() });
        var secret = RandomNumberGenerator.GetBytes(32);
        var credential = Credential.Make(endorsement, attestation.ComputeName(), secret);

        Assert.Equal(secret, _client.ActivateCredential(attestationHandle, endorsementHandle, endorsement.Attributes, credential.Blob, credential.EncryptedSeed));
    }

    [Fact]
    public void ActivateCredential_MadeForAnotherTpm_IsRefused()
    {
        using var other = new SoftwareTpm();
        var (_, theirs) = new TpmClient(other).CreatePrimary(TpmHandle.Endorsement, TpmTemplates.EccEndorsementKey());
        var (attestationHandle, attestation) = _client.CreatePrimary(TpmHandle.Endorsement, TpmTemplates.AttestationKey());
        var (endorsementHandle, _) = _client.CreatePrimary(TpmHandle.Endorsement, TpmTemplates.EccEndorsementKey());
        var credential = Credential.Make(theirs, attestation.ComputeName(), new byte[32]);

        Assert.Throws<TpmException>(() => _client.ActivateCredential(attestationHandle, endorsementHandle, TpmKeyAttributes.None, credential.Blob, credential.EncryptedSeed));
    }

    [Fact]
    public void ActivateCredential_MadeForAnotherKey_IsRefused()
    {
        var (attestationHandle, _) = _client.CreatePrimary(TpmHandle.Endorsement, TpmTemplates.AttestationKey());
        var (endorsementHandle, endorsement) = _client.CreatePrimary(TpmHandle.Endorsement, TpmTemplates.EccEndorsementKey());
        var credential = Credential.Make(endorsement, endorsement.ComputeName(), new byte[32]);

        Assert.Throws<TpmException>(() => _client.ActivateCredential(attestationHandle, endorsementHandle, TpmKeyAttributes.None, credential.Blob, credential.EncryptedSeed));
    }

    [Fact]
    public void ReadNv_NoSuchIndex_IsNull() => Assert.Null(_client.ReadNv(TpmHandle.EccEkCertificate));

    [Fact]
    public void Quote_UnknownKey_SaysWhatTheTpmSaid()
    {
        var exception = Assert.Throws<TpmException>(() => _client.Quote(0x80FFFFFF, new byte[32], new PcrSelection(TpmAlgorithm.Sha256, 1)));

        Assert.Contains("TPM2_Quote", exception.Message, StringComparison.Ordinal);
    }

    private static byte[] Response(TpmWriter parameters) => new TpmWriter().UInt16(0x8001).UInt32((uint)(10 + parameters.Written.Length)).UInt32(0).Bytes(parameters.Written).ToArray();

    private sealed class Scripted(Func<byte[], byte[]> answer) : ITpmTransport
    {
        public byte[] Execute(ReadOnlySpan<byte> command) => answer(command.ToArray());
    }
}
