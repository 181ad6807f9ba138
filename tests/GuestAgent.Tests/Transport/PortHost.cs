using System.Collections.Concurrent;
using GuestTune.Agent.CommandLine;
using GuestTune.Agent.Transport;
using GuestTune.FakePort;
using GuestTune.Testing;
using GuestTune.VirtioSerial;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace GuestTune.Agent.Tests.Transport;

/// <summary>The agent as its program runs it, on a port of which only the device is fake.</summary>
internal sealed class PortHost : IAsyncDisposable
{
    private readonly WebApplication _application;

    /// <summary>The real one is about this whole process; a test wants to know when it is called.</summary>
    internal sealed class CountedMemory : IFreedMemory
    {
        private int _times;

        public int Times => Volatile.Read(ref _times);

        public void GiveBack()
        {
            new FreedMemory().GiveBack();
            Interlocked.Increment(ref _times);
        }
    }

    private PortHost(GuestTree tree, Func<PortHost, IPort> openPort)
    {
        var arguments = AgentArguments.Parse(["--root", tree.Path], out _);
        var builder = Hosting.AgentHost.CreateBuilder(arguments, () => openPort(this));
        builder.Logging.ClearProviders().AddProvider(Log);
        builder.Services.AddSingleton<IFreedMemory>(FreedMemory);
        builder.Services.AddSingleton<TimeProvider>(new PatientTime());
        builder.Services.Configure<HostOptions>(static host => host.ShutdownTimeout = Timeout.InfiniteTimeSpan);
        _application = builder.Build();
        _application.Use(async (http, next) =>
        {
            await next(http);
            // An error without an answer in front of it has its status among the headers.
            var status = http.Response.Headers["grpc-status"];
            Calls.Enqueue((http.Request.Path, status.Count > 0 ? status.ToString() : http.Features.Get<IHttpResponseTrailersFeature>()?.Trailers["grpc-status"].ToString() ?? ""));
        });
    }

    public FakeVirtioPort Port { get; } = new();

    public CollectedLog Log { get; } = new();

    public CountedMemory FreedMemory { get; } = new();

    /// <summary>The calls that have ended, with their grpc-status.</summary>
    public ConcurrentQueue<(string Path, string Status)> Calls { get; } = new();

    /// <summary>Ends as the program does: faulted where its exit code would not be 0.</summary>
    public Task Running { get; private set; } = Task.CompletedTask;

    public CancellationToken Started => _application.Lifetime.ApplicationStarted;

    public static PortHost Start(GuestTree tree, Func<PortHost, IPort>? openPort = null, CancellationToken stop = default)
    {
        var host = new PortHost(tree, openPort ?? (static host => FakeGuestPort.Open(host.Port)));
        host.Running = Task.Run(() => Hosting.AgentHost.RunAsync(host._application, stop), CancellationToken.None);
        return host;
    }

    public Task<PortClient> ConnectAsync() => PortClient.AttachAsync(Port);

    /// <summary>What SIGTERM does.</summary>
    public void RequestStop() => _application.Lifetime.StopApplication();

    public async ValueTask DisposeAsync()
    {
        if (!Running.IsCompleted)
        {
            RequestStop();
        }

        await Running.WaitAsync(TimeSpan.FromSeconds(60)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
