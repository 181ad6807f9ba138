using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using GuestTune.Agent.CommandLine;
using GuestTune.Agent.Transport;
using GuestTune.VirtioSerial;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace GuestTune.Agent.Hosting;

/// <summary>Runs the agent on its port until it is told to stop.</summary>
internal static class AgentHost
{
    /// <exception cref="PortException">There is no port, or it was lost.</exception>
    public static async Task RunAsync(AgentArguments arguments)
    {
        // The host minds signals only once it starts; until then the runtime would end the program with 143. Not disposed of: a signal may come at any time.
        var stop = new CancellationTokenSource();
        using var signal = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            stop.Cancel();
        });

        // Looked for at once: an agent in a VM without the port is to end before it has cost anything.
        var device = FindPort(arguments.Options.PortName);
        await RunAsync(CreateBuilder(arguments, () => GuestPort.Open(device)).Build(), stop.Token);
    }

    /// <param name="openPort">Called once the agent is warm; the port is closed when it has stopped.</param>
    internal static WebApplicationBuilder CreateBuilder(AgentArguments arguments, Func<IPort> openPort)
    {
        // An empty builder: no configuration files to watch, no environment that changes what the agent does.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.SetMinimumLevel(arguments.LogLevel);
        var ofLibraries = arguments.LogLevel > LogLevel.Warning ? arguments.LogLevel : LogLevel.Warning;
        builder.Logging.AddFilter("Microsoft", ofLibraries);
        // A start that fails ends the program, which says why in one line; this would say it again with a stack.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        // The agent logs itself what it refuses. Of each call that fails, warming up included, only somebody who looks for a fault wants to know.
        builder.Logging.AddFilter("Grpc", arguments.LogLevel > LogLevel.Debug ? ofLibraries : arguments.LogLevel);
        builder.Logging.AddSimpleConsole(static console =>
        {
            console.SingleLine = true;
            console.ColorBehavior = LoggerColorBehavior.Disabled;
        });
        builder.Services.AddRoutingCore();
        builder.Services.AddAgent(arguments.Options);
        // Made by the container, which disposes of nothing else.
        builder.Services.AddSingleton<ISessionSource>(services =>
            new PortSessionSource(arguments.Options.PortName, openPort, services.GetRequiredService<TimeProvider>()));
        builder.Services.AddSingleton<IFreedMemory, FreedMemory>();
        builder.Services.AddSingleton<SessionServer>();
        builder.Services.AddSingleton<IServer>(static services => services.GetRequiredService<SessionServer>());
        return builder;
    }

    /// <summary>Until it is told to stop; being told so while it still starts is no failure.</summary>
    internal static async Task RunAsync(WebApplication host, CancellationToken stop = default)
    {
        await using var owned = host;
        host.MapAgent();
        // Asked for now: the services are gone when the host has stopped.
        var server = host.Services.GetRequiredService<SessionServer>();
        var stopping = host.Lifetime.ApplicationStopping;
        await using var stopRegistration = stop.UnsafeRegister(static lifetime => ((IHostApplicationLifetime)lifetime!).StopApplication(), host.Lifetime);
        try
        {
            await host.RunAsync();
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
        }

        if (server.Failure is { } failure)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    private static string FindPort(string name) =>
        GuestPort.Find(name) ?? throw new PortException(
            $"this VM has no virtio-serial port named '{name}': give the domain a channel with that target name, or name another one with --port");
}
