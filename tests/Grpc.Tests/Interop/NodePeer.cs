namespace GuestTune.Grpc.Tests.Interop;

/// <summary>grpc-js of npm.</summary>
public sealed class NodePeer : Peer
{
    private static readonly string SourceDirectory = Path.Combine(ProjectDirectory, "Interop", "Node");

    private readonly string? _node = FindProgram("node");
    private readonly string? _npm = FindProgram("npm");

    protected override string? Problem =>
        _node is null ? "There is no node in PATH." : _npm is null ? "There is no npm in PATH." : null;

    protected override async Task PrepareAsync()
    {
        // npm writes this file last.
        var installed = new FileInfo(Path.Combine(SourceDirectory, "node_modules", ".package-lock.json"));
        var wanted = new FileInfo(Path.Combine(SourceDirectory, "package-lock.json"));
        if (!installed.Exists || installed.LastWriteTimeUtc < wanted.LastWriteTimeUtc)
        {
            await PeerProcess.RunAsync(_npm!, SourceDirectory, "ci", "--no-audit", "--no-fund", "--ignore-scripts");
        }
    }

    private protected override PeerProcess StartServer() => PeerProcess.Start(_node!, SourceDirectory, "peer.js", "server");

    protected override Task RunClientCoreAsync(Uri server, string testCase) =>
        PeerProcess.RunAsync(_node!, SourceDirectory, "peer.js", "client", server.Authority, testCase);
}
