using GuestTune.VirtioSerial;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace GuestTune.HostController.Tests.Fakes;

/// <summary>A VM as the host sees it: a socket with an agent behind it, in this process, down to the session layer.</summary>
internal sealed class FakeVm : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly GuestSessionListener _sessions;

    private FakeVm(string name, string socketPath, ScriptedAgent agent, ScriptedTpm tpm, QemuPort port, GuestSessionListener sessions, WebApplication application)
    {
        Name = name;
        SocketPath = socketPath;
        Agent = agent;
        Tpm = tpm;
        Port = port;
        _sessions = sessions;
        _application = application;
    }

    public string Name { get; }

    public string SocketPath { get; }

    public ScriptedAgent Agent { get; }

    public ScriptedTpm Tpm { get; }

    public QemuPort Port { get; }

    public static async Task<FakeVm> StartAsync(string directory, string name, ScriptedAgent? agent = null)
    {
        agent ??= new ScriptedAgent();
        var tpm = new ScriptedTpm();
        var path = Path.Combine(directory, $"{name}.sock");
        var port = new QemuPort(path);
        var sessions = new GuestSessionListener(port);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.Services.AddGrpc(o => o.MaxReceiveMessageSize = null);
        builder.Services.AddSingleton(agent);
        builder.Services.AddSingleton(tpm);
        builder.Services.AddSingleton<IConnectionListenerFactory>(new SessionListenerFactory(sessions));
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(k => k.Listen(new UnixListenPlaceholder(), l => l.Protocols = HttpProtocols.Http2));
        var application = builder.Build();
        application.UseRouting();
        application.MapGrpcService<ScriptedAgent>();
        application.MapGrpcService<ScriptedTpm>();
        await application.StartAsync();
        return new FakeVm(name, path, agent, tpm, port, sessions, application);
    }

    public async ValueTask DisposeAsync()
    {
        await _sessions.DisposeAsync();
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await _application.StopAsync(soon.Token);
        await _application.DisposeAsync();
        await Port.DisposeAsync();
        File.Delete(SocketPath);
    }

    private sealed class UnixListenPlaceholder : System.Net.EndPoint;
}
