using Google.Protobuf;
using Grpc.Core;
using GuestTune.Agent.V1;
using GuestTune.MeasuredBoot.Attestation;
using GuestTune.MeasuredBoot.Tpm;
using AgentApi = GuestTune.Agent.V1;
using PcrSelection = GuestTune.MeasuredBoot.Tpm.PcrSelection;

namespace GuestTune.HostController.Tests.Fakes;

/// <summary>An agent's measured boot over a real TPM, or over none; a test may forge every answer.</summary>
internal sealed class ScriptedTpm : AgentApi.MeasuredBoot.MeasuredBootBase
{
    private const int ChunkSizeBytes = 32 * 1024;

    /// <summary>Null: the guest has none.</summary>
    public ITpmTransport? Tpm { get; set; }

    /// <summary>Null: the guest has none.</summary>
    public byte[]? EventLog { get; set; }

    /// <summary>Pieces in place of those of the log.</summary>
    public IEnumerable<byte[]>? EventLogPieces { get; set; }

    /// <summary>Null: the guest does not boot by GRUB.</summary>
    public Func<ReadBootFilesResponse>? BootFiles { get; set; }

    /// <summary>Puts another answer in the place of the honest one.</summary>
    public Func<object, object> Forge { get; set; } = answer => answer;

    /// <summary>What the honest one would answer to this, in place of what was asked.</summary>
    public Func<QuoteRequest, QuoteRequest> ForgeQuestion { get; set; } = request => request;

    /// <summary>Run before a quote is made.</summary>
    public Func<ServerCallContext, Task> BeforeQuote { get; set; } = _ => Task.CompletedTask;

    private TpmClient Client => new(Tpm ?? throw new RpcException(new Status(StatusCode.FailedPrecondition, "this guest has no TPM: give its domain <tpm>")));

    public override Task<ReadPcrsResponse> ReadPcrs(ReadPcrsRequest request, ServerCallContext context)
    {
        var there = Client.ReadAllocation();
        var banks = request.Selections.Count == 0
            ? there
            : [.. request.Selections.Select(s => new PcrSelection((TpmAlgorithm)s.Algorithm, s.Mask & there.FirstOrDefault(t => t.Bank == (TpmAlgorithm)s.Algorithm).Mask))];
        var answer = new ReadPcrsResponse { BootId = "boot-1", Source = "/dev/tpmrm0" };
        answer.Banks.AddRange(banks.Select(ToMessage));
        return Task.FromResult((ReadPcrsResponse)Forge(answer));
    }

    public override Task<GetKeysResponse> GetKeys(GetKeysRequest request, ServerCallContext context)
    {
        var (template, certificate) = EndorsementKeys.Find(Client);
        return With(TpmTemplates.AttestationKey(), (_, attestation) => With(template, (_, endorsement) => Task.FromResult((GetKeysResponse)Forge(new GetKeysResponse
        {
            AttestationKey = ByteString.CopyFrom(attestation.Bytes),
            EndorsementKey = ByteString.CopyFrom(endorsement.Bytes),
            EndorsementCertificate = ByteString.CopyFrom(certificate ?? []),
            Manufacturer = "IBM",
        }))));
    }

    public override Task<ActivateCredentialResponse> ActivateCredential(ActivateCredentialRequest request, ServerCallContext context) =>
        With(TpmTemplates.AttestationKey(), (attestation, _) => With(EndorsementKeys.TemplateFor((TpmAlgorithm)request.EndorsementKeyType, request.EncryptedSeed.Span), (endorsement, key) =>
        {
            try
            {
                var secret = Client.ActivateCredential(attestation, endorsement, key.Attributes, request.Credential.Span, request.EncryptedSeed.Span);
                return Task.FromResult((ActivateCredentialResponse)Forge(new ActivateCredentialResponse { Secret = ByteString.CopyFrom(secret) }));
            }
            catch (TpmException e)
            {
                throw new RpcException(new Status(StatusCode.FailedPrecondition, e.Message));
            }
        }));

    public override async Task<QuoteResponse> Quote(QuoteRequest request, ServerCallContext context)
    {
        await BeforeQuote(context);
        return await With(TpmTemplates.AttestationKey(), (handle, key) => Quote(ForgeQuestion(request), handle, key));
    }

    private Task<QuoteResponse> Quote(QuoteRequest request, uint handle, TpmPublic key)
    {
        var selection = new PcrSelection((TpmAlgorithm)request.Selection.Algorithm, request.Selection.Mask);
        var (attest, signature) = Client.Quote(handle, request.Nonce.Span, selection);
        return Task.FromResult((QuoteResponse)Forge(new QuoteResponse
        {
            BootId = "boot-1",
            Source = "/dev/tpmrm0",
            Attest = ByteString.CopyFrom(attest),
            Signature = ByteString.CopyFrom(signature),
            AttestationKey = ByteString.CopyFrom(key.Bytes),
            Values = ToMessage(selection),
        }));
    }

    public override async Task ReadEventLog(ReadEventLogRequest request, IServerStreamWriter<ReadEventLogResponse> responseStream, ServerCallContext context)
    {
        if (EventLogPieces is null && EventLog is null)
        {
            throw new RpcException(new Status(StatusCode.NotFound, "PCRs without a log: there is no /sys/kernel/security/tpm0/binary_bios_measurements"));
        }

        foreach (var piece in EventLogPieces ?? EventLog!.Chunk(ChunkSizeBytes))
        {
            await responseStream.WriteAsync(new ReadEventLogResponse { Data = ByteString.CopyFrom(piece) }, context.CancellationToken);
        }
    }

    public override Task<ReadBootFilesResponse> ReadBootFiles(ReadBootFilesRequest request, ServerCallContext context) => Task.FromResult(
        (ReadBootFilesResponse)Forge(BootFiles?.Invoke() ?? throw new RpcException(new Status(StatusCode.FailedPrecondition, "the boot loader is not GRUB"))));

    private PcrBankValues ToMessage(PcrSelection bank) => new()
    {
        Algorithm = (uint)bank.Bank,
        Mask = bank.Mask,
        Digests = { Client.ReadPcrs([bank]).Select(v => ByteString.CopyFrom(v.Digest)) },
    };

    private T With<T>(byte[] template, Func<uint, TpmPublic, T> use)
    {
        var (handle, key) = Client.CreatePrimary(TpmHandle.Endorsement, template);
        try
        {
            return use(handle, key);
        }
        finally
        {
            Client.Flush(handle);
        }
    }
}
