using System.Buffers;
using Grpc.Core;
using GuestTune.Controller.Rendering;

namespace GuestTune.Controller.Fleet;

/// <summary>The caller's name for an operation (agent.proto, ApplyRequest.operation_id).</summary>
internal static class OperationId
{
    public const string Rule = "1 to 64 characters of A-Z a-z 0-9 . _ -";

    private const int MaxLength = 64;
    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    public static string New() => Guid.NewGuid().ToString();

    public static bool IsValid(string text) => text.Length is > 0 and <= MaxLength && !text.AsSpan().ContainsAnyExcept(Allowed);

    /// <exception cref="RpcException">INVALID_ARGUMENT: the id is not allowed.</exception>
    public static void Check(string field, string id)
    {
        if (!IsValid(id))
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"{field} is '{TerminalText.Escape(id, 80)}'; it must be {Rule}"));
        }
    }
}
