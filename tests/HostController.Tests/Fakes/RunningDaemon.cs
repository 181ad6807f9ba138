using GuestTune.Controller.DomainXml;
using GuestTune.Controller.Fleet;
using GuestTune.Controller.HostPractices;
using GuestTune.Controller.Serving;
using GuestTune.Practices.Files;

namespace GuestTune.HostController.Tests.Fakes;

/// <summary>A daemon in this process, listening when the test has it.</summary>
internal sealed class RunningDaemon : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly FleetController _controller;
    private readonly HostTuning _host;
    private readonly DomainTuning _domains;
    private Task _run = Task.CompletedTask;

    private RunningDaemon(string socketPath, FleetController controller, HostTuning host, DomainTuning domains)
    {
        _domains = domains;
        _host = host;
        SocketPath = socketPath;
        _controller = controller;
    }

    public string SocketPath { get; }

    public static string PathIn(TestFleet fleet) => fleet.PathOf("run/controller.sock");

    public static async Task<RunningDaemon> StartAsync(TestFleet fleet, CapturedLog log, IReadOnlyDictionary<string, string>? environment = null, string? group = null, IHostTuning? host = null, IDomainTuning? domains = null)
    {
        var options = new ServeOptions { SocketPath = PathIn(fleet), Group = group };
        var daemon = new RunningDaemon(options.SocketPath, fleet.CreateController(options.Links), HostTuning.Create(new RootedFileSystem("/"), fleet.PathOf("host"), TimeProvider.System), fleet.CreateDomainTuning());
        daemon._run = ControllerDaemon.RunAsync(
            daemon._controller,
            host ?? daemon._host,
            domains ?? daemon._domains,
            options,
            name => environment?.GetValueOrDefault(name),
            logging => logging.Services.Add(Microsoft.Extensions.DependencyInjection.ServiceDescriptor.Singleton<Microsoft.Extensions.Logging.ILoggerProvider>(log)),
            daemon._stop.Token);
        while (!log.Lines.Any(l => l.StartsWith("Listening", StringComparison.Ordinal)))
        {
            if (daemon._run.IsCompleted)
            {
                await daemon._controller.DisposeAsync();
                await daemon._run;
            }

            await Task.Delay(5);
        }

        return daemon;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run;
        await _controller.DisposeAsync();
        await _host.DisposeAsync();
        await _domains.DisposeAsync();
    }
}
