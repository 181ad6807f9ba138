using Google.Protobuf;
using Grpc.Core;
using GuestTune.Agent.Kernel;
using GuestTune.MeasuredBoot.Tpm;
using GuestTune.Practices;
using GuestTune.Protocol;
using Api = GuestTune.Agent.V1;

namespace GuestTune.Agent.MeasuredBoot;

/// <summary>The agent's part in measured boot: checks what is asked for, and turns what TPM and firmware say into messages.</summary>
internal sealed class MeasuredBootService(PcrReader pcrs, GuestAttestation attestation, EventLogFile eventLog, GrubFiles grub, KernelIdentity kernel)
    : V1.MeasuredBoot.MeasuredBootBase
{
    private const int MaximumSelections = 16;
    private const int MinimumNonceBytes = 16;
    private const int MaximumNonceBytes = 32;
    private const int MaximumCredentialBytes = 1024;

    public override Task<Api.ReadPcrsResponse> ReadPcrs(Api.ReadPcrsRequest request, ServerCallContext context) => AnswerAsync(async () =>
    {
        if (request.Selections.Count > MaximumSelections || request.Selections.DistinctBy(static s => s.Algorithm).Count() < request.Selections.Count)
        {
            throw PracticeException.Invalid($"{request.Selections.Count} selections; name each bank once, and at most {MaximumSelections}");
        }

        var reading = await pcrs.ReadAsync([.. request.Selections.Select(Checked)], context.CancellationToken);
        var response = new Api.ReadPcrsResponse { BootId = kernel.BootId, Source = reading.Source, DeviceProblem = reading.DeviceProblem ?? string.Empty };
        response.Banks.AddRange(reading.Banks.Select(b => ToMessage(b, reading.Values)));
        return response;
    });

    public override Task<Api.GetKeysResponse> GetKeys(Api.GetKeysRequest request, ServerCallContext context) => AnswerAsync(async () =>
    {
        var keys = await attestation.GetKeysAsync(context.CancellationToken);
        return new Api.GetKeysResponse
        {
            AttestationKey = ByteString.CopyFrom(keys.AttestationKey.Bytes),
            EndorsementKey = ByteString.CopyFrom(keys.EndorsementKey.Bytes),
            EndorsementCertificate = ByteString.CopyFrom(keys.Certificate ?? []),
            Manufacturer = keys.Manufacturer,
        };
    });

    public override Task<Api.ActivateCredentialResponse> ActivateCredential(Api.ActivateCredentialRequest request, ServerCallContext context) => AnswerAsync(async () =>
    {
        var type = (TpmAlgorithm)request.EndorsementKeyType;
        if (type is not (TpmAlgorithm.Rsa or TpmAlgorithm.Ecc))
        {
            throw PracticeException.Invalid($"endorsement_key_type is {request.EndorsementKeyType}; allowed are {(int)TpmAlgorithm.Rsa} (RSA) and {(int)TpmAlgorithm.Ecc} (ECC)");
        }

        if (request.Credential.Length > MaximumCredentialBytes || request.EncryptedSeed.Length > MaximumCredentialBytes)
        {
            throw PracticeException.Invalid($"a credential of {request.Credential.Length} and {request.EncryptedSeed.Length} bytes; at most {MaximumCredentialBytes} each");
        }

        var secret = await attestation.ActivateAsync(request.Credential.ToByteArray(), request.EncryptedSeed.ToByteArray(), type, context.CancellationToken);
        return new Api.ActivateCredentialResponse { Secret = ByteString.CopyFrom(secret) };
    });

    public override Task<Api.QuoteResponse> Quote(Api.QuoteRequest request, ServerCallContext context) => AnswerAsync(async () =>
    {
        var selection = Checked(request.Selection);
        if (selection.Mask == 0)
        {
            throw PracticeException.Invalid("selection names no register: a quote over none proves nothing");
        }

        if (request.Nonce.Length is < MinimumNonceBytes or > MaximumNonceBytes)
        {
            throw PracticeException.Invalid($"nonce has {request.Nonce.Length} bytes; {MinimumNonceBytes} to {MaximumNonceBytes} are allowed");
        }

        var quote = await attestation.QuoteAsync(request.Nonce.ToByteArray(), selection, context.CancellationToken);
        return new Api.QuoteResponse
        {
            BootId = kernel.BootId,
            Attest = ByteString.CopyFrom(quote.Attest),
            Signature = ByteString.CopyFrom(quote.Signature),
            AttestationKey = ByteString.CopyFrom(quote.AttestationKey.Bytes),
            Values = ToMessage(selection, quote.Values),
            Source = quote.Source,
        };
    });

    public override async Task ReadEventLog(
        Api.ReadEventLogRequest request, IServerStreamWriter<Api.ReadEventLogResponse> responseStream, ServerCallContext context)
    {
        try
        {
            foreach (var chunk in eventLog.Read())
            {
                await responseStream.WriteAsync(new Api.ReadEventLogResponse { Data = ByteString.CopyFrom(chunk.Span) }, context.CancellationToken);
            }
        }
        catch (PracticeException e)
        {
            throw e.ToRpcException();
        }
    }

    public override Task<Api.ReadBootFilesResponse> ReadBootFiles(Api.ReadBootFilesRequest request, ServerCallContext context) =>
        AnswerAsync(() => Task.FromResult(grub.Read()));

    private static async Task<T> AnswerAsync<T>(Func<Task<T>> answer)
    {
        try
        {
            return await answer();
        }
        catch (PracticeException e)
        {
            throw e.ToRpcException();
        }
    }

    private static PcrSelection Checked(Api.PcrSelection? selection)
    {
        if (selection is null || selection.Algorithm is 0 or > ushort.MaxValue || selection.Mask > PcrSelection.AllPcrs)
        {
            throw PracticeException.Invalid(
                $"selection is algorithm 0x{selection?.Algorithm ?? 0:x}, mask 0x{selection?.Mask ?? 0:x}; an algorithm is a TPM_ALG_ID, a mask at most 0x{PcrSelection.AllPcrs:x}");
        }

        return new PcrSelection((TpmAlgorithm)selection.Algorithm, selection.Mask);
    }

    private static Api.PcrBankValues ToMessage(PcrSelection bank, IReadOnlyList<PcrValue> values)
    {
        var message = new Api.PcrBankValues { Algorithm = (uint)bank.Bank, Mask = bank.Mask };
        message.Digests.AddRange(values.Where(v => v.Bank == bank.Bank).Select(static v => ByteString.CopyFrom(v.Digest)));
        return message;
    }
}
