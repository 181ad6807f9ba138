using Grpc.Core;
using GuestTune.Controller.Channel;
using GuestTune.Controller.DomainXml;
using GuestTune.Controller.Fleet;
using GuestTune.Controller.HostPractices;
using GuestTune.Controller.Inventory;
using GuestTune.Controller.Libvirt;
using GuestTune.Controller.MeasuredBoot;
using GuestTune.Controller.MeasuredBoot.Baselines;
using GuestTune.Controller.MeasuredBoot.Predictions;
using GuestTune.Controller.Power;
using GuestTune.Controller.Proofs;
using GuestTune.Controller.Rebooting;
using GuestTune.Controller.Remote;
using GuestTune.Controller.Store;
using GuestTune.Practices.Files;

namespace GuestTune.Controller.Cli;

/// <summary>
/// Chooses the controller that a command works with: the daemon where one listens, unless the command line says
/// otherwise or names sources of its own; else one in this process.
/// </summary>
internal static class ControllerConnector
{
    public const string DefaultInventory = "/etc/guesttune/inventory.yaml";
    public const string DefaultSocket = "/run/guesttune/controller.sock";
    public const string InventoryVariable = "GUESTTUNE_INVENTORY";
    public const string ControllerVariable = "GUESTTUNE_CONTROLLER";

    private const string AddressScheme = "unix:";

    /// <exception cref="RpcException">The daemon that was asked for cannot be used.</exception>
    public static async Task<IController> OpenAsync(Invocation invocation, CancellationToken cancellationToken) =>
        // A command ends when its calls end, so nothing is kept for the next one.
        await FindDaemonAsync(invocation, cancellationToken) is { } daemon ? daemon : CreateInProcess(invocation, new AgentLinkOptions { IdleTime = TimeSpan.Zero });

    /// <param name="root">The tree that is tuned in place of the running system, which is all that a daemon serves; null for that one.</param>
    /// <exception cref="RpcException">The daemon that was asked for, or the root, cannot be used.</exception>
    public static async Task<IHostTuning> OpenHostAsync(Invocation invocation, string? root, CancellationToken cancellationToken) =>
        root is null && await FindDaemonAsync(invocation, cancellationToken) is { } daemon ? daemon : CreateHost(invocation, root);

    /// <exception cref="RpcException">INVALID_ARGUMENT: the root is no directory.</exception>
    public static IHostTuning CreateHost(Invocation invocation, string? root = null)
    {
        if (root is not null && !Directory.Exists(root))
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"--root is '{Rendering.TerminalText.Escape(root, 200)}'; it must be an existing directory"));
        }

        if (root is null && invocation.Connect is { } uri && !LibvirtUri.IsThisHost(uri))
        {
            return new HostElsewhere(uri);
        }

        // What was changed in a tree is remembered in it, unless the state is named.
        var files = new RootedFileSystem(root ?? "/");
        var state = root is null || invocation.State is not null ? StateDirectory.Of(invocation) : files.Resolve(StateDirectory.OfSystem);

        var needs = root is not null ? null
            : new LibvirtDomainHugepages(invocation.Connect ?? LibvirtVmSource.DefaultUri, () => invocation.Connect is not null || LibvirtVmSource.DaemonIsPresent(), TimeProvider.System);
        return HostTuning.Create(files, Path.Combine(state, "host"), TimeProvider.System, needs);
    }

    /// <exception cref="RpcException">The daemon that was asked for cannot be used.</exception>
    public static async Task<IDomainTuning> OpenDomainsAsync(Invocation invocation, CancellationToken cancellationToken) =>
        await FindDaemonAsync(invocation, cancellationToken) is { } daemon ? daemon : CreateDomains(invocation);

    public static DomainTuning CreateDomains(Invocation invocation)
    {
        var state = StateDirectory.Of(invocation);
        return new DomainTuning(
            new LibvirtClients(TimeProvider.System),
            invocation.Connect ?? LibvirtVmSource.DefaultUri,
            new RootedFileSystem("/"),
            state,
            new SqliteStore(new StoreFiles(state), TimeProvider.System),
            TimeProvider.System);
    }

    /// <returns>Null where the work is to be done in this process.</returns>
    /// <exception cref="RpcException">The daemon that was asked for cannot be used.</exception>
    private static async Task<RemoteController?> FindDaemonAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        if (invocation.Controller is { } address)
        {
            return await RemoteController.ConnectAsync(SocketPath(address), cancellationToken);
        }

        var ownSources = invocation.NoDaemon || invocation.Inventory is not null || invocation.Connect is not null || invocation.State is not null;
        if (!ownSources && NotEmpty(invocation.Terminal.Environment(ControllerVariable)) is { } fromEnvironment)
        {
            return await RemoteController.ConnectAsync(SocketPath(fromEnvironment), cancellationToken);
        }

        ownSources |= NotEmpty(invocation.Terminal.Environment(InventoryVariable)) is not null;
        return ownSources ? null : await RemoteController.TryConnectAsync(DefaultSocket, cancellationToken);
    }

    public static FleetController CreateInProcess(Invocation invocation, AgentLinkOptions options)
    {
        var libvirt = new LibvirtClients(TimeProvider.System);
        var links = new LinkPool(options, SessionAttacher.AttachAsync, TimeProvider.System);
        var notes = new RebootNotes(Path.Combine(StateDirectory.Of(invocation), "reboots"));
        var files = new StoreFiles(StateDirectory.Of(invocation));
        var store = new SqliteStore(files, TimeProvider.System);
        var attestor = new Attestor(store);
        var baselines = new BaselineJobs(store, attestor, files, TimeProvider.System);
        return new FleetController(
            new VmCatalog(Sources(invocation, libvirt)), links, libvirt, HostProofs.OfHost(libvirt, TimeProvider.System), options, notes, new VmPower(libvirt, TimeProvider.System), attestor, baselines,
            new StartPredictor(store, attestor, files, TimeProvider.System), TimeProvider.System);
    }

    /// <summary>The inventory comes first: where both know a VM, the administrator's word counts.</summary>
    public static IReadOnlyList<IVmSource> Sources(Invocation invocation, LibvirtClients libvirt)
    {
        var sources = new List<IVmSource>();
        var named = invocation.Inventory ?? NotEmpty(invocation.Terminal.Environment(InventoryVariable));
        if (named is not null)
        {
            sources.Add(new InventoryFile(named));
        }
        else if (File.Exists(DefaultInventory))
        {
            sources.Add(new InventoryFile(DefaultInventory));
        }

        if (invocation.Connect is { } uri)
        {
            sources.Add(new LibvirtVmSource(libvirt.Get(uri, LibvirtAccess.Read)));
        }
        else if (named is null && LibvirtVmSource.DaemonIsPresent())
        {
            sources.Add(new LibvirtVmSource(libvirt.Get(LibvirtVmSource.DefaultUri, LibvirtAccess.Read)));
        }

        return sources;
    }

    private static string SocketPath(string address)
    {
        var path = address.StartsWith(AddressScheme, StringComparison.Ordinal) ? address[AddressScheme.Length..] : "";
        if (path.StartsWith("//", StringComparison.Ordinal))
        {
            path = path[2..];
        }

        return Path.IsPathRooted(path)
            ? path
            : throw new RpcException(new Status(
                StatusCode.InvalidArgument,
                $"'{Rendering.TerminalText.Escape(address, 200)}' is no address of a controller; give unix:///PATH, e.g. unix://{DefaultSocket}"));
    }

    private static string? NotEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
