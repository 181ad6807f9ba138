using Grpc.Core;
using GuestTune.Controller.MeasuredBoot.Evidence;
using GuestTune.Controller.V1;
using GuestTune.MeasuredBoot.Tpm;
using AgentApi = GuestTune.Agent.V1;

namespace GuestTune.Controller.MeasuredBoot;

/// <summary>Checks what a caller wants to know of TPMs, before any VM is contacted.</summary>
internal static class PcrRequests
{
    private const int MaximumBanks = 16;

    /// <exception cref="RpcException">INVALID_ARGUMENT.</exception>
    public static AgentApi.ReadPcrsRequest Checked(ReadPcrsRequest request)
    {
        if (request.Pcrs.Count > MaximumBanks || request.Pcrs.DistinctBy(static s => s.Algorithm).Count() < request.Pcrs.Count)
        {
            throw Invalid($"{request.Pcrs.Count} banks; name each once, and at most {MaximumBanks}");
        }

        return new AgentApi.ReadPcrsRequest { Selections = { request.Pcrs.Select(static s => ToMessage(Checked(s))) } };
    }

    /// <exception cref="RpcException">INVALID_ARGUMENT.</exception>
    public static EvidenceRequest Checked(CollectEvidenceRequest request)
    {
        var selection = Checked(request.Pcrs);
        return PcrBank.Find(selection.Bank) is { CanHash: true }
            ? new EvidenceRequest(selection, request.EnrolAnew, request.EventLogRequired)
            : throw Invalid($"quotes over bank {PcrBank.Find(selection.Bank)!.Name} cannot be verified here; take sha256, sha384 or sha512");
    }

    private static PcrSelection Checked(AgentApi.PcrSelection? selection)
    {
        if (selection is null || selection.Algorithm > ushort.MaxValue || PcrBank.Find((TpmAlgorithm)selection.Algorithm) is null)
        {
            throw Invalid($"0x{selection?.Algorithm ?? 0:x} is no bank; there are: {string.Join(", ", PcrBank.All.Select(static b => $"{b.Name} (0x{(int)b.Algorithm:x})"))}");
        }

        return selection.Mask is > 0 and <= PcrSelection.AllPcrs
            ? new PcrSelection((TpmAlgorithm)selection.Algorithm, selection.Mask)
            : throw Invalid($"the mask of registers is 0x{selection.Mask:x}; 1 to 0x{PcrSelection.AllPcrs:x} are allowed: at least one register, and none above 23");
    }

    private static AgentApi.PcrSelection ToMessage(PcrSelection selection) => new() { Algorithm = (uint)selection.Bank, Mask = selection.Mask };

    private static RpcException Invalid(string message) => new(new Status(StatusCode.InvalidArgument, message));
}
