using Grpc.Core;
using GuestTune.MeasuredBoot.Tpm;
using AgentApi = GuestTune.Agent.V1;

namespace GuestTune.Controller.MeasuredBoot.Baselines;

/// <summary>Which registers a request is for, where it may leave that open.</summary>
internal static class PcrChoices
{
    /// <summary>
    /// Those that firmware, boot loaders and the start of systemd measure into: equal at every boot of the same system. 10 grows with
    /// every file that IMA measures, 16 and 23 can be reset by anybody, 17 to 22 are for a dynamic launch.
    /// </summary>
    public const uint OfBoot = 0x3FF | (0xF << 11);

    /// <exception cref="RpcException">INVALID_ARGUMENT: no such bank or registers.</exception>
    public static PcrSelection Read(AgentApi.PcrSelection? choice)
    {
        var bank = choice is { Algorithm: > 0 } ? (TpmAlgorithm)Math.Min(choice.Algorithm, ushort.MaxValue) : TpmAlgorithm.Sha256;
        return PcrBank.Find(bank) is { CanHash: true }
            ? new PcrSelection(bank, Mask(choice?.Mask ?? 0) is > 0 and var mask ? mask : OfBoot)
            : throw new RpcException(new Status(
                StatusCode.InvalidArgument,
                $"bank 0x{choice!.Algorithm:x} cannot be replayed here; known are {string.Join(", ", PcrBank.All.Where(static b => b.CanHash))}"));
    }

    /// <exception cref="RpcException">INVALID_ARGUMENT: no such registers.</exception>
    public static uint Mask(uint mask) => mask <= PcrSelection.AllPcrs
        ? mask
        : throw new RpcException(new Status(StatusCode.InvalidArgument, $"the mask of registers is 0x{mask:x}; there are {PcrSelection.PcrCount}: at most 0x{PcrSelection.AllPcrs:x}"));
}
