using GuestTune.Controller.DomainXml;
using GuestTune.Controller.Fleet;
using GuestTune.Controller.HostPractices;
using GuestTune.Controller.Rendering;
using GuestTune.Controller.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace GuestTune.Controller.Serving;

/// <summary>Serves a controller on a UNIX socket until it is told to stop.</summary>
internal static class ControllerDaemon
{
    /// <exception cref="ServeException">It cannot start.</exception>
    public static async Task RunAsync(
        IController controller,
        IHostTuning host,
        IDomainTuning domains,
        ServeOptions options,
        Func<string, string?> environment,
        Action<ILoggingBuilder> configureLogging,
        CancellationToken stop)
    {
        if (options.Validate() is { Count: > 0 } mistakes)
        {
            throw new ServeException(string.Join("\n", mistakes));
        }

        var policy = new PeerPolicy(Libc.GetEffectiveUserId(), options.Group is { } name ? UnixGroup.Find(name) : null, options.Group);
        var notifier = new SystemdNotifier(environment("NOTIFY_SOCKET"));
        using var socket = ControllerSocket.Prepare(options.SocketPath, policy.GroupId, environment("RUNTIME_DIRECTORY"));
        await using var application = Build(controller, host, domains, options, policy, configureLogging);
        var logger = application.Services.GetRequiredService<ILoggerFactory>().CreateLogger("GuestTune.Controller");
        try
        {
            await application.StartAsync(stop);
            socket.Protect();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.Net.Sockets.SocketException)
        {
            throw new ServeException($"cannot listen on {options.SocketPath}: {e.Message}", e);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return;
        }

        AuditLog.Listening(logger, options.SocketPath, policy.OwnUserId, policy.GroupName is null ? "" : $", group {policy.GroupName}");
        notifier.Ready();
        await ReportSourcesAsync(controller, logger, stop);
        await Task.Delay(Timeout.InfiniteTimeSpan, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        notifier.Stopping();
        AuditLog.Stopping(logger, options.StopTimeout.TotalSeconds);
        using var limit = new CancellationTokenSource(options.StopTimeout);
        await application.StopAsync(limit.Token);
    }

    // Sources are asked anew for every call; an administrator wants to hear of a broken one before the first call.
    private static async Task ReportSourcesAsync(IController controller, ILogger logger, CancellationToken stop)
    {
        try
        {
            var sources = await controller.ListVmsAsync(new ListVmsRequest(), stop);
            AuditLog.Knows(logger, sources.Vms.Count);
            foreach (var warning in sources.Warnings)
            {
                AuditLog.SourceProblem(logger, TerminalText.Escape(warning, 2000));
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
    }

    private static WebApplication Build(IController controller, IHostTuning host, IDomainTuning domains, ServeOptions options, PeerPolicy policy, Action<ILoggingBuilder> configureLogging)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        configureLogging(builder.Logging);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Services.AddRoutingCore();
        builder.Services.AddGrpc(grpc => grpc.Interceptors.Add<PeerInterceptor>());
        builder.Services.AddSingleton(policy);
        builder.Services.AddSingleton(controller);
        builder.Services.AddSingleton<ControllerService>();
        builder.Services.AddSingleton(host);
        builder.Services.AddSingleton<HostService>();
        builder.Services.AddSingleton(domains);
        builder.Services.AddSingleton<DomainService>();
        builder.Services.AddSingleton<AuditedCalls>();
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.ListenUnixSocket(options.SocketPath, listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                listen.Use(next => connection =>
                {
                    if (connection.Features.Get<IConnectionSocketFeature>() is { } feature)
                    {
                        connection.Features.Set(PeerCredentials.Of(feature.Socket));
                    }

                    return next(connection);
                });
            });
        });
        var application = builder.Build();
        application.UseRouting();
        application.MapGrpcService<ControllerService>();
        application.MapGrpcService<HostService>();
        application.MapGrpcService<DomainService>();
        return application;
    }
}
