using System.Text;
using Grpc.Core;
using GuestTune.Controller.Fleet;
using GuestTune.Controller.Rendering;
using AgentApi = GuestTune.Agent.V1;

namespace GuestTune.Controller.MeasuredBoot.Predictions;

/// <summary>The files that a guest says its GRUB reads: believed only where the proven log has their digest.</summary>
/// <param name="Menu">The path of grub.cfg.</param>
internal sealed record BootFileSet(string Menu, IReadOnlyDictionary<string, byte[]> Files)
{
    private const int MaximumFiles = 256;
    private const int MaximumPathLength = 200;

    public string EnvironmentPath => Beside("grubenv");

    public string CustomPath => Beside("custom.cfg");

    /// <summary>One char for each byte.</summary>
    public string? Text(string path) => Files.TryGetValue(path, out var content) ? Encoding.Latin1.GetString(content) : null;

    /// <exception cref="UnpredictableException">The guest does not show them.</exception>
    public static async Task<BootFileSet> ReadAsync(VmCallContext call)
    {
        try
        {
            var answer = await call.MeasuredBoot.ReadBootFilesAsync(new AgentApi.ReadBootFilesRequest(), call.Options);
            if (answer.Files.Count > MaximumFiles || answer.Files.Any(static f => f.Path.Length > MaximumPathLength) || answer.Files.DistinctBy(static f => f.Path, StringComparer.Ordinal).Count() < answer.Files.Count)
            {
                throw new UnpredictableException("its answer has too many boot files, or one of them twice");
            }

            var files = answer.Files.ToDictionary(static f => f.Path, static f => f.Content.ToByteArray(), StringComparer.Ordinal);
            return files.ContainsKey(answer.Menu) ? new BootFileSet(answer.Menu, files) : throw new UnpredictableException("its answer has no grub.cfg");
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.FailedPrecondition or StatusCode.PermissionDenied or StatusCode.Unimplemented)
        {
            throw new UnpredictableException(
                e.StatusCode == StatusCode.Unimplemented ? "the agent in the guest is too old to show its boot files" : TerminalText.Escape(e.Status.Detail, 400), e);
        }
    }

    private string Beside(string name) => Menu[..(Menu.LastIndexOf('/') + 1)] + name;
}
