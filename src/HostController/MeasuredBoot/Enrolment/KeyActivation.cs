using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Core;
using GuestTune.Controller.Fleet;
using GuestTune.Controller.MeasuredBoot.Evidence;
using GuestTune.MeasuredBoot.Attestation;
using GuestTune.MeasuredBoot.Tpm;
using AgentApi = GuestTune.Agent.V1;

namespace GuestTune.Controller.MeasuredBoot.Enrolment;

/// <summary>
/// Ties an attestation key to the TPM that has an endorsement key: only that TPM can open the credential, and only if it holds
/// the attestation key as well (TPM 2.0 Library part 1, 24).
/// </summary>
internal static class KeyActivation
{
    private const int SecretSizeBytes = 32;

    /// <returns>The endorsement key that it is tied to; or why it is tied to none.</returns>
    /// <exception cref="RpcException">The agent could not be asked.</exception>
    public static async Task<(byte[] EndorsementKey, byte[] Certificate, string? Problem)> TieAsync(VmCallContext call, ReadOnlyMemory<byte> attestationKey)
    {
        var keys = GuestAnswer.Checked(await call.MeasuredBoot.GetKeysAsync(new AgentApi.GetKeysRequest(), call.Options));
        var (endorsementKey, certificate) = (keys.EndorsementKey.ToByteArray(), keys.EndorsementCertificate.ToByteArray());
        var problem = certificate.Length > 0 ? EndorsementCertificate.WhyNotOf(certificate, endorsementKey) : null;
        return (endorsementKey, certificate, problem ?? await ActivateAsync(call, endorsementKey, attestationKey));
    }

    private static async Task<string?> ActivateAsync(VmCallContext call, byte[] endorsementKey, ReadOnlyMemory<byte> attestationKey)
    {
        var secret = RandomNumberGenerator.GetBytes(SecretSizeBytes);
        AgentApi.ActivateCredentialRequest ask;
        try
        {
            var key = TpmPublic.Parse(endorsementKey);
            var credential = Credential.Make(key, TpmPublic.Parse(attestationKey.Span).ComputeName(), secret);
            ask = new AgentApi.ActivateCredentialRequest
            {
                Credential = ByteString.CopyFrom(credential.Blob),
                EncryptedSeed = ByteString.CopyFrom(credential.EncryptedSeed),
                EndorsementKeyType = (uint)key.Type,
            };
        }
        catch (TpmFormatException e)
        {
            return $"the attestation key cannot be tied to the TPM: {e.Message}";
        }

        try
        {
            var answer = await call.MeasuredBoot.ActivateCredentialAsync(ask, call.Options);
            return CryptographicOperations.FixedTimeEquals(answer.Secret.Span, secret)
                ? null
                : "the guest could not open the credential: its attestation key is not in the TPM whose endorsement key it shows";
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.FailedPrecondition)
        {
            return $"the guest's TPM does not open the credential, so the attestation key is not tied to it: {GuestAnswer.Reason(e)}";
        }
    }
}
