using GuestTune.Agent.CommandLine;
using GuestTune.Agent.Transport;
using GuestTune.VirtioSerial;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace GuestTune.Agent.Hosting;

/// <summary>Runs the agent on its port until it is told to stop.</summary>
internal static class AgentHost
{
    /// <exception cref="PortException">There is no port, or it was lost.</exception>
    public static async Task RunAsync(AgentArguments arguments)
    {
        var options = arguments.Options;
        // Looked for at once: an agent in a VM without the port is to end before it has cost anything.
        var device = FindPort(options);
        // An empty builder: no configuration files to watch, no environment that changes what the agent does.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.SetMinimumLevel(arguments.LogLevel);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Logging.AddSimpleConsole(static console =>
        {
            console.SingleLine = true;
            console.ColorBehavior = LoggerColorBehavior.Disabled;
        });
        builder.Services.AddRoutingCore();
        builder.Services.AddAgent(options);
        builder.Services.AddSingleton<ISessionSource>(new PortSessionSource(options.PortName, () => GuestPort.Open(device), TimeProvider.System));
        builder.Services.AddSingleton<SessionServer>();
        builder.Services.AddSingleton<IServer>(static services => services.GetRequiredService<SessionServer>());

        await using var host = builder.Build();
        host.MapAgent();
        // Asked for now: the services are gone when the host has stopped.
        var server = host.Services.GetRequiredService<SessionServer>();
        await host.RunAsync();
        if (server.Failure is { } failure)
        {
            throw failure;
        }
    }

    private static string FindPort(AgentOptions options) =>
        GuestPort.Find(options.PortName) ?? throw new PortException(
            $"this VM has no virtio-serial port named '{options.PortName}': give the domain a channel with that target name, or name another one with --port");
}
