using System.Security.Cryptography;
using GuestTune.MeasuredBoot.Attestation;
using GuestTune.MeasuredBoot.Tpm;
using GuestTune.SoftwareTpms;

namespace GuestTune.MeasuredBoot.Tests.Attestation;

/// <summary>A real quote, and everything that an attacker would do with it.</summary>
public sealed class QuoteVerifierTests : IDisposable
{
    private static readonly PcrSelection Selection = new(TpmAlgorithm.Sha256, 0x3FF);
    private readonly SoftwareTpm _tpm = new();
    private readonly TpmClient _client;
    private readonly uint _handle;
    private readonly TpmPublic _key;
    private readonly byte[] _nonce = RandomNumberGenerator.GetBytes(32);
    private readonly IReadOnlyList<PcrValue> _values;
    private readonly byte[] _attest;
    private readonly byte[] _signature;

    public QuoteVerifierTests()
    {
        _client = new TpmClient(_tpm);
        (_handle, _key) = _client.CreatePrimary(TpmHandle.Endorsement, TpmTemplates.AttestationKey());
        _tpm.Extend(4, PcrBank.Sha256, SHA256.HashData("boot"u8));
        _values = _client.ReadPcrs([Selection]);
        (_attest, _signature) = _client.Quote(_handle, _nonce, Selection);
    }

    public void Dispose() => _tpm.Dispose();

    [Fact]
    public void Verify_AsTheTpmMadeIt_IsProven() => Assert.True(Verify().IsProven);

    [Fact]
    public void Verify_ReplayedForAnotherNonce_IsRefused() =>
        Assert.Contains("another nonce", Assert.Single(Verify(nonce: RandomNumberGenerator.GetBytes(32)).Problems), StringComparison.Ordinal);

    [Fact]
    public void Verify_ValueChangedInTransit_IsRefused()
    {
        var changed = _values.Select(v => v.Index == 4 ? v with { Digest = new byte[32] } : v).ToArray();

        Assert.Contains("not those that the TPM has signed", Assert.Single(Verify(values: changed).Problems), StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_EmptySelection_IsNeverAProof()
    {
        var nothing = new PcrSelection(TpmAlgorithm.Sha256, 0);
        var (attest, signature) = _client.Quote(_handle, _nonce, nothing);

        Assert.False(QuoteVerifier.Verify(_key, attest, signature, _nonce, nothing, []).IsProven);
        Assert.False(QuoteVerifier.Verify(_key, attest, signature, _nonce, Selection, _values).IsProven);
    }

    [Fact]
    public void Verify_QuoteOfAnotherTpm_IsRefused()
    {
        using var other = new SoftwareTpm();
        var client = new TpmClient(other);
        var (handle, _) = client.CreatePrimary(TpmHandle.Endorsement, TpmTemplates.AttestationKey());
        other.Extend(4, PcrBank.Sha256, SHA256.HashData("boot"u8));
        var (attest, signature) = client.Quote(handle, _nonce, Selection);

        Assert.Contains("signature", Assert.Single(QuoteVerifier.Verify(_key, attest, signature, _nonce, Selection, _values).Problems), StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_SignedByAKeyThatSignsAnything_IsRefused()
    {
        var template = TpmTemplates.AttestationKey();
        var attributes = (uint)(TpmTemplates.AttestationAttributes & ~TpmKeyAttributes.Restricted);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(template.AsSpan(4), attributes);
        var (handle, key) = _client.CreatePrimary(TpmHandle.Endorsement, template);
        var (attest, signature) = _client.Quote(handle, _nonce, Selection);

        Assert.Contains("may sign anything", Assert.Single(QuoteVerifier.Verify(key, attest, signature, _nonce, Selection, _values).Problems), StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_AnyBitFlipped_IsRefused()
    {
        for (var i = 0; i < _attest.Length; i++)
        {
            var attest = _attest.ToArray();
            attest[i] ^= 1;
            Assert.False(QuoteVerifier.Verify(_key, attest, _signature, _nonce, Selection, _values).IsProven, $"byte {i} of the statement");
        }

        for (var i = 0; i < _signature.Length; i++)
        {
            var signature = _signature.ToArray();
            signature[i] ^= 1;
            Assert.False(QuoteVerifier.Verify(_key, _attest, signature, _nonce, Selection, _values).IsProven, $"byte {i} of the signature");
        }
    }

    [Fact]
    public void Verify_OtherRegistersThanAskedFor_IsRefused()
    {
        var more = Selection with { Mask = Selection.Mask | 0x1000 };

        Assert.False(QuoteVerifier.Verify(_key, _attest, _signature, _nonce, more, _client.ReadPcrs([more])).IsProven);
    }

    private QuoteVerdict Verify(byte[]? nonce = null, IReadOnlyList<PcrValue>? values = null) =>
        QuoteVerifier.Verify(_key, _attest, _signature, nonce ?? _nonce, Selection, values ?? _values);
}
