namespace GuestTune.Grpc.Tests.Interop;

/// <summary>Debian's python3-grpcio, which is the C core. It is for Debian's own Python, whichever comes first in PATH.</summary>
public sealed class PythonPeer : Peer
{
    private const string Python = "/usr/bin/python3";

    private static readonly string SourceDirectory = Path.Combine(ProjectDirectory, "Interop", "Python");

    private readonly DirectoryInfo _stubs = Directory.CreateTempSubdirectory("guesttune-grpc-stubs-");

    protected override string? Problem =>
        !File.Exists(Python) ? $"There is no {Python}."
        : !HasModule("grpc") ? $"{Python} has no module grpc (package python3-grpcio)."
        : !HasModule("grpc_tools") ? $"{Python} has no module grpc_tools (package python3-grpc-tools)."
        : null;

    protected override Task PrepareAsync()
    {
        var protos = Path.Combine(ProjectDirectory, "protos");
        return PeerProcess.RunAsync(
            Python,
            SourceDirectory,
            [
                "-m", "grpc_tools.protoc", $"-I{protos}", $"--python_out={_stubs.FullName}", $"--grpc_python_out={_stubs.FullName}",
                .. Directory.EnumerateFiles(protos, "*.proto", SearchOption.AllDirectories),
            ]);
    }

    private protected override PeerProcess StartServer() => PeerProcess.Start(Python, SourceDirectory, "peer.py", _stubs.FullName, "server");

    protected override Task RunClientCoreAsync(Uri server, string testCase) =>
        PeerProcess.RunAsync(Python, SourceDirectory, "peer.py", _stubs.FullName, "client", server.Authority, testCase);

    protected override ValueTask CleanUpAsync()
    {
        _stubs.Delete(recursive: true);
        return default;
    }

    private static bool HasModule(string name) =>
        Directory.Exists($"/usr/lib/python3/dist-packages/{name}")
        || Directory.EnumerateDirectories("/usr/local/lib", "python3*").Any(directory => Directory.Exists($"{directory}/dist-packages/{name}"));
}
