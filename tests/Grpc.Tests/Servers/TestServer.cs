using System.Net;
using Grpc.AspNetCore.Server;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace GuestTune.Grpc.Tests.Servers;

/// <summary>A real Kestrel on a free loopback port, with whatever a test maps to it.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly WebApplication _application;

    private TestServer(WebApplication application)
    {
        _application = application;
        Address = new Uri(application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
    }

    public Uri Address { get; }

    public static async Task<TestServer> StartAsync(
        Action<WebApplication> map,
        Action<IServiceCollection>? configure = null,
        HttpProtocols protocols = HttpProtocols.Http2)
    {
        // Empty: others watch the files of the current directory, and how many may watch at once is a limit of the whole machine.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = protocols));
        builder.Services.AddGrpc();
        configure?.Invoke(builder.Services);
        var application = builder.Build();
        map(application);
        await application.StartAsync(TestContext.Current.CancellationToken);
        return new TestServer(application);
    }

    /// <summary>A server of the interoperability tests' service with these methods.</summary>
    public static Task<TestServer> StartAsync(LambdaService service, Action<GrpcServiceOptions>? configure = null) => StartAsync(
        app => app.MapGrpcService<LambdaService>(),
        services =>
        {
            services.AddSingleton(service);
            services.AddGrpc(configure ?? (_ => { }));
        });

    /// <summary>A server that answers calls as it likes, without a gRPC library.</summary>
    public static Task<TestServer> StartRawAsync(RequestDelegate answer) => StartAsync(app => app.Run(answer));

    public GrpcChannel CreateChannel(Action<GrpcChannelOptions>? configure = null)
    {
        var options = new GrpcChannelOptions();
        configure?.Invoke(options);
        return GrpcChannel.ForAddress(Address, options);
    }

    public async ValueTask DisposeAsync()
    {
        // Calls that a test leaves behind must not keep it waiting.
        using var noWait = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await _application.StopAsync(noWait.Token);
        await _application.DisposeAsync();
    }
}
