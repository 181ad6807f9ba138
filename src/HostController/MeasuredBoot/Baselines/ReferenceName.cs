using System.Buffers;
using Grpc.Core;
using GuestTune.Controller.Rendering;

namespace GuestTune.Controller.MeasuredBoot.Baselines;

/// <summary>What a user calls a reference: each VM's own baseline, a baseline, or a VM.</summary>
/// <param name="Scope">Null: whichever there is.</param>
internal sealed record ReferenceName(BaselineScope? Scope, string Name)
{
    /// <summary>Each VM's own.</summary>
    public const string Own = "baseline";

    public const string Rule = "1 to 64 characters of A-Z a-z 0-9 . _ -, and not 'baseline'";

    private const string VmPrefix = "vm:";
    private const string BaselinePrefix = "baseline:";
    private const int MaximumLength = 64;
    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    /// <summary>For the name of a baseline; those of VMs come from elsewhere, and may be anything.</summary>
    public static bool IsAllowed(string name) =>
        name.Length is > 0 and <= MaximumLength && !name.AsSpan().ContainsAnyExcept(Allowed) && name != Own;

    public static ReferenceName Parse(string text) =>
        text.StartsWith(VmPrefix, StringComparison.Ordinal) ? new ReferenceName(BaselineScope.Vm, text[VmPrefix.Length..])
        : text.StartsWith(BaselinePrefix, StringComparison.Ordinal) ? new ReferenceName(BaselineScope.Name, text[BaselinePrefix.Length..])
        : new ReferenceName(null, text);

    /// <summary>Where a name could be both, a user says which.</summary>
    public RpcException Ambiguous() => new(new Status(
        StatusCode.InvalidArgument,
        $"'{Shown}' is a VM and a baseline; say which: {VmPrefix}{Shown} or {BaselinePrefix}{Shown}"));

    public string Shown => TerminalText.Escape(Name, 80);
}
