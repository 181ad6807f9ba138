using Grpc.Net.Client;
using GuestTune.FakePort;
using GuestTune.VirtioSerial;

namespace GuestTune.Agent.Tests.Transport;

/// <summary>A host program with a session of its own and gRPC on it.</summary>
internal sealed class PortClient : IAsyncDisposable
{
    /// <summary>An attach may begin while the agent still warms up, on a machine that has much else to do.</summary>
    public static readonly SessionOptions Patient = new() { AttachTimeout = TimeSpan.FromMinutes(2) };

    private readonly GrpcChannel _channel;

    private PortClient(Session session)
    {
        Session = session;
        _channel = GrpcChannel.ForAddress("http://guest", new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler { ConnectCallback = (_, _) => ValueTask.FromResult<Stream>(new SessionStream(session)) },
            DisposeHttpClient = true,
        });
        Agent = new V1.Agent.AgentClient(_channel);
    }

    public Session Session { get; }

    public V1.Agent.AgentClient Agent { get; }

    public static async Task<PortClient> AttachAsync(FakeVirtioPort port) => new(await HostSession.AttachAsync(FakeClientPort.Connect(port), Patient));

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await Session.DisposeAsync();
    }
}
