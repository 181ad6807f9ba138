using System.Net.Sockets;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using GuestTune.Agent.Hosting;
using GuestTune.Agent.MeasuredBoot;
using GuestTune.Agent.Rebooting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace GuestTune.Agent.Tests;

/// <summary>The agent as its program hosts it, on a UNIX socket in place of the port.</summary>
internal sealed class AgentHost : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly GrpcChannel _channel;
    private readonly string _socket;

    private AgentHost(WebApplication application, string socket, CollectedLog log)
    {
        _application = application;
        _socket = socket;
        Log = log;
        _channel = GrpcChannel.ForAddress("http://guest", new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler { ConnectCallback = async (_, cancellation) => new NetworkStream(await ConnectAsync(cancellation), ownsSocket: true) },
        });
        Calls = _channel.CreateCallInvoker();
        Client = new V1.Agent.AgentClient(_channel);
        MeasuredBoot = new V1.MeasuredBoot.MeasuredBootClient(_channel);
        Health = new Health.HealthClient(_channel);
    }

    public Health.HealthClient Health { get; }

    public V1.Agent.AgentClient Client { get; }

    public V1.MeasuredBoot.MeasuredBootClient MeasuredBoot { get; }

    /// <summary>For calls that the generated client does not make.</summary>
    public CallInvoker Calls { get; }

    public CollectedLog Log { get; }

    public static async Task<AgentHost> StartAsync(
        GuestTree tree, TimeProvider? time = null, IGuestRestart? restart = null, string stateDirectory = "/var/lib/guesttune", ITpmDevices? tpms = null)
    {
        var socket = tree.File("/agent.sock");
        System.IO.File.Delete(socket);
        // Empty as the program's: others watch the files of the current directory, and how many may watch at once is a limit of the whole machine.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        var log = new CollectedLog();
        builder.Logging.ClearProviders().AddProvider(log);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(socket, listen => listen.Protocols = HttpProtocols.Http2));
        if (time is not null)
        {
            builder.Services.AddSingleton(time);
        }

        if (restart is not null)
        {
            // The first one that can is taken.
            builder.Services.AddSingleton(restart);
        }

        if (tpms is not null)
        {
            builder.Services.AddSingleton(tpms);
        }

        builder.Services.AddAgent(new AgentOptions { Root = tree.Path, StateDirectory = stateDirectory });
        var application = builder.Build();
        application.MapAgent();
        try
        {
            await application.StartAsync();
        }
        catch
        {
            await application.DisposeAsync();
            throw;
        }

        return new AgentHost(application, socket, log);
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _application.StopAsync();
        await _application.DisposeAsync();
    }

    private async Task<Socket> ConnectAsync(CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(_socket), cancellationToken);
        return socket;
    }
}
