using Google.Protobuf;
using Grpc.Core;
using GuestTune.Controller.Rendering;
using GuestTune.MeasuredBoot.EventLog;
using GuestTune.MeasuredBoot.Tpm;
using AgentApi = GuestTune.Agent.V1;

namespace GuestTune.Controller.MeasuredBoot.Evidence;

/// <summary>Whether what a guest sends can be what was asked for: sizes and counts, before anything is made of it.</summary>
internal static class GuestAnswer
{
    private const int MaximumBanks = 16;
    private const int MaximumTextLength = 200;
    private const int MaximumProblemLength = 4096;
    private const int MaximumReasonLength = 400;
    private const int MaximumStructureBytes = 1024;
    private const int MaximumCertificateBytes = 16 * 1024;

    /// <exception cref="RpcException">DATA_LOSS: it is no answer to the request.</exception>
    public static AgentApi.ReadPcrsResponse Checked(AgentApi.ReadPcrsResponse answer, AgentApi.ReadPcrsRequest request)
    {
        CheckBootId(answer.BootId);
        CheckText(answer.Source, MaximumTextLength, "source");
        CheckText(answer.DeviceProblem, MaximumProblemLength, "explanation");
        if (answer.Banks.Count > MaximumBanks || answer.Banks.DistinctBy(static b => b.Algorithm).Count() < answer.Banks.Count)
        {
            throw Wrong($"its answer has {answer.Banks.Count} banks, some of them twice or more than {MaximumBanks}");
        }

        foreach (var bank in answer.Banks)
        {
            CheckBank(bank);
            if (request.Selections.Count > 0
                && !request.Selections.Any(s => s.Algorithm == bank.Algorithm && (bank.Mask & ~s.Mask) == 0))
            {
                throw Wrong("its answer has registers that were not asked for");
            }
        }

        return answer;
    }

    /// <exception cref="RpcException">DATA_LOSS: it is no answer to the request.</exception>
    public static AgentApi.QuoteResponse Checked(AgentApi.QuoteResponse answer, PcrSelection selection)
    {
        CheckBootId(answer.BootId);
        CheckText(answer.Source, MaximumTextLength, "source");
        CheckSize(answer.Attest, MaximumStructureBytes, "quote");
        CheckSize(answer.Signature, MaximumStructureBytes, "signature");
        CheckSize(answer.AttestationKey, MaximumStructureBytes, "attestation key");
        if (answer.Values is not { } values || values.Algorithm != (uint)selection.Bank || values.Mask != selection.Mask)
        {
            throw Wrong("its quote is over other registers than those that were asked for");
        }

        CheckBank(values);
        return answer;
    }

    /// <exception cref="RpcException">DATA_LOSS: it has no keys of a TPM.</exception>
    public static AgentApi.GetKeysResponse Checked(AgentApi.GetKeysResponse answer)
    {
        CheckSize(answer.AttestationKey, MaximumStructureBytes, "attestation key");
        CheckSize(answer.EndorsementKey, MaximumStructureBytes, "endorsement key");
        if (answer.EndorsementCertificate.Length > MaximumCertificateBytes)
        {
            throw Wrong($"its certificate has {answer.EndorsementCertificate.Length} bytes; at most {MaximumCertificateBytes} are taken");
        }

        return answer;
    }

    /// <exception cref="RpcException">DATA_LOSS: more than any log has.</exception>
    public static async Task<byte[]> ReadLogAsync(IAsyncStreamReader<AgentApi.ReadEventLogResponse> pieces, CancellationToken cancellationToken)
    {
        var log = new MemoryStream();
        while (await pieces.MoveNext(cancellationToken))
        {
            var piece = pieces.Current.Data;
            if (piece.IsEmpty || log.Length + piece.Length > BootEventLog.MaximumSizeBytes)
            {
                throw Wrong(piece.IsEmpty ? "its event log comes in empty pieces" : $"its event log has more than {BootEventLog.MaximumSizeBytes} bytes; no real one has");
            }

            piece.WriteTo(log);
        }

        return log.ToArray();
    }

    /// <summary>Why it refuses something, in its own words.</summary>
    public static string Reason(RpcException refusal) => TerminalText.Escape(refusal.Status.Detail, MaximumReasonLength);

    public static IReadOnlyList<PcrValue> Values(AgentApi.PcrBankValues bank)
    {
        var selection = new PcrSelection((TpmAlgorithm)bank.Algorithm, bank.Mask);
        return [.. selection.Indices.Zip(bank.Digests, (index, digest) => new PcrValue(selection.Bank, index, digest.ToByteArray()))];
    }

    /// <summary>It stands in the midst of what is said to be proven.</summary>
    private static void CheckBootId(string id)
    {
        CheckText(id, MaximumTextLength, "boot id");
        if (!id.All(static c => char.IsAsciiLetterOrDigit(c) || c == '-'))
        {
            throw Wrong("its boot id has other characters than letters, digits and dashes");
        }
    }

    private static void CheckBank(AgentApi.PcrBankValues bank)
    {
        var selection = new PcrSelection((TpmAlgorithm)bank.Algorithm, bank.Mask);
        if (bank.Algorithm > ushort.MaxValue || PcrBank.Find(selection.Bank) is not { } known)
        {
            throw Wrong($"its answer has a bank of the unknown algorithm 0x{bank.Algorithm:x}");
        }

        if (selection.Mask > PcrSelection.AllPcrs || bank.Digests.Count != selection.Count || bank.Digests.Any(d => d.Length != known.DigestSizeBytes))
        {
            throw Wrong($"its answer has {bank.Digests.Count} values of bank {known.Name}, too many, too few or of the wrong size");
        }
    }

    private static void CheckText(string text, int maximum, string what)
    {
        if (text.Length > maximum)
        {
            throw Wrong($"its {what} has {text.Length} characters; at most {maximum} are taken");
        }
    }

    private static void CheckSize(ByteString bytes, int maximum, string what)
    {
        if (bytes.Length == 0 || bytes.Length > maximum)
        {
            throw Wrong($"its {what} has {bytes.Length} bytes; 1 to {maximum} are taken");
        }
    }

    private static RpcException Wrong(string message) => new(new Status(StatusCode.DataLoss, message));
}
