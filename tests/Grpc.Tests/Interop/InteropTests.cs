using GuestTune.Grpc.Tests.Servers;
using Microsoft.AspNetCore.Builder;

namespace GuestTune.Grpc.Tests.Interop;

/// <summary>The interoperability table: every case, with every peer, both ways round.</summary>
public sealed class InteropTests(NodePeer node, PythonPeer python) : IClassFixture<NodePeer>, IClassFixture<PythonPeer>
{
    public static TheoryData<string, string, string> Table
    {
        get
        {
            var table = new TheoryData<string, string, string>();
            foreach (var peer in new[] { "grpc-js", "python3-grpcio" })
            {
                foreach (var testCase in InteropCase.All)
                {
                    table.Add(peer, "our client", testCase);
                    table.Add(peer, "our server", testCase);
                }
            }

            return table;
        }
    }

    [Theory]
    [MemberData(nameof(Table))]
    public async Task Interop_WithPeer_Passes(string peer, string direction, string testCase)
    {
        Peer other = peer == "grpc-js" ? node : python;
        if (direction == "our client")
        {
            await InteropClient.RunAsync(await other.GetServerAddressAsync(), testCase);
            return;
        }

        await using var server = await TestServer.StartAsync(app => app.MapGrpcService<InteropService>());
        await other.RunClientAsync(server.Address, testCase);
    }

    [Theory]
    [MemberData(nameof(OwnTable))]
    public async Task Interop_WithOurselves_Passes(string testCase)
    {
        await using var server = await TestServer.StartAsync(app => app.MapGrpcService<InteropService>());
        await InteropClient.RunAsync(server.Address, testCase);
    }

    public static TheoryData<string> OwnTable => [.. InteropCase.All];
}
