using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Core;
using GuestTune.Controller.Fleet;
using AgentApi = GuestTune.Agent.V1;

namespace GuestTune.Controller.MeasuredBoot.Evidence;

/// <summary>Brings a quote over a fresh nonce and the event log from a VM.</summary>
internal static class EvidenceCollector
{
    private const int NonceSizeBytes = 32;

    /// <exception cref="RpcException">The agent has no quote, or what it sends cannot be one.</exception>
    public static async Task<BootEvidence> CollectAsync(VmCallContext call, EvidenceRequest request)
    {
        var nonce = RandomNumberGenerator.GetBytes(NonceSizeBytes);
        var selection = request.Selection;
        var ask = new AgentApi.QuoteRequest
        {
            Nonce = ByteString.CopyFrom(nonce),
            Selection = new AgentApi.PcrSelection { Algorithm = (uint)selection.Bank, Mask = selection.Mask },
        };

        // The TPM lets its processor wait, so the log comes meanwhile: it has not changed since the kernel was started.
        using var pieces = call.MeasuredBoot.ReadEventLog(new AgentApi.ReadEventLogRequest(), call.Options);
        var reading = ReadLogAsync(pieces, call.Options.CancellationToken);
        AgentApi.QuoteResponse answer;
        try
        {
            answer = GuestAnswer.Checked(await call.MeasuredBoot.QuoteAsync(ask, call.Options), selection);
        }
        catch
        {
            pieces.Dispose();
            await ((Task)reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        var (log, problem) = await reading;
        return new BootEvidence
        {
            Vm = call.Vm.Name,
            CollectedAt = call.Time.GetUtcNow(),
            BootId = answer.BootId,
            Nonce = nonce,
            Selection = selection,
            Values = GuestAnswer.Values(answer.Values),
            ValuesSource = answer.Source,
            Attest = answer.Attest.ToByteArray(),
            Signature = answer.Signature.ToByteArray(),
            AttestationKey = answer.AttestationKey.ToByteArray(),
            EventLog = log,
            EventLogProblem = problem,
        };
    }

    /// <summary>Without a log a quote is still one.</summary>
    private static async Task<(byte[]? Log, string? Problem)> ReadLogAsync(
        AsyncServerStreamingCall<AgentApi.ReadEventLogResponse> pieces, CancellationToken cancellationToken)
    {
        try
        {
            return (await GuestAnswer.ReadLogAsync(pieces.ResponseStream, cancellationToken), null);
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.NotFound or StatusCode.FailedPrecondition or StatusCode.PermissionDenied)
        {
            return (null, GuestAnswer.Reason(e));
        }
    }
}
