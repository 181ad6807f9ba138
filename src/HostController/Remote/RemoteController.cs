using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Grpc.Core;
using Grpc.Net.Client;
using GuestTune.Controller.DomainXml;
using GuestTune.Controller.Fleet;
using GuestTune.Controller.HostPractices;
using GuestTune.Controller.Rebooting;
using GuestTune.Controller.Rendering;
using GuestTune.Controller.V1;

namespace GuestTune.Controller.Remote;

/// <summary>The controller in a daemon, over gRPC on its UNIX socket.</summary>
internal sealed partial class RemoteController : IController, IHostTuning, IDomainTuning
{
    // One event carries one VM's answer, which the daemon bounds to 1 MiB, and to 4 MiB where an event log is in it.
    private const int MaxReceiveMessageSizeBytes = 8 * 1024 * 1024;

    // What the daemon may need beside the time limit of a VM: libvirt has 10 s to list its domains.
    private static readonly TimeSpan UsualPatience = TimeSpan.FromSeconds(20);

    /// <summary>Between two events: what a restart found is observed, undone where it must be, and its trial ended.</summary>
    private const int CallsOfReboot = 4;

    private readonly string _path;
    private readonly TimeSpan _patience;
    private readonly GrpcChannel _channel;
    private readonly V1.Controller.ControllerClient _client;
    private Socket? _first;

    private RemoteController(string path, Socket first, TimeSpan patience)
    {
        _path = path;
        _patience = patience;
        _first = first;
        _channel = GrpcChannel.ForAddress("http://controller", new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler
            {
                ConnectCallback = async (_, token) => new NetworkStream(Interlocked.Exchange(ref _first, null) ?? await OpenAsync(path, token), ownsSocket: true),
                UseProxy = false,
                ActivityHeadersPropagator = null,
            },
            DisposeHttpClient = true,
            MaxReceiveMessageSize = MaxReceiveMessageSizeBytes,
        });
        _client = new V1.Controller.ControllerClient(_channel);
        _host = new Host.HostClient(_channel);
        _domains = new Domains.DomainsClient(_channel);
    }

    /// <param name="patience">How long the daemon may take beside the time limit of a VM.</param>
    /// <exception cref="RpcException">No daemon can be reached there.</exception>
    public static async Task<RemoteController> ConnectAsync(string path, CancellationToken cancellationToken, TimeSpan? patience = null)
    {
        try
        {
            return new RemoteController(path, await OpenAsync(path, cancellationToken), patience ?? UsualPatience);
        }
        catch (SocketException e)
        {
            throw Unreachable(path, e);
        }
        catch (ArgumentException e)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"{TerminalText.Escape(path, 200)} cannot be the path of a socket: {e.Message}"));
        }
    }

    /// <returns>Null where no daemon listens.</returns>
    /// <exception cref="RpcException">A daemon is there, and this user may not use it.</exception>
    public static async Task<RemoteController?> TryConnectAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return new RemoteController(path, await OpenAsync(path, cancellationToken), UsualPatience);
        }
        // A directory that this user may not enter looks as if the socket in it were missing.
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionRefused || (e.SocketErrorCode is not SocketError.AccessDenied && !Path.Exists(path)))
        {
            return null;
        }
        catch (SocketException e)
        {
            throw Unreachable(path, e);
        }
    }

    public Task<ListVmsResponse> ListVmsAsync(ListVmsRequest request, CancellationToken cancellationToken) =>
        CallAsync(options => _client.ListVmsAsync(request, options), cancellationToken);

    public Task<ListBaselinesResponse> ListBaselinesAsync(ListBaselinesRequest request, CancellationToken cancellationToken) =>
        CallAsync(options => _client.ListBaselinesAsync(request, options), cancellationToken);

    public Task<RemoveBaselineResponse> RemoveBaselineAsync(RemoveBaselineRequest request, CancellationToken cancellationToken) =>
        CallAsync(options => _client.RemoveBaselineAsync(request, options), cancellationToken);

    public IAsyncEnumerable<VmEvent> PingAsync(PingRequest request, CancellationToken cancellationToken) =>
        ReadAsync(token => _client.Ping(request, cancellationToken: token), request.Pace, cancellationToken);

    public IAsyncEnumerable<VmEvent> GetInfoAsync(GetInfoRequest request, CancellationToken cancellationToken) =>
        ReadAsync(token => _client.GetInfo(request, cancellationToken: token), request.Pace, cancellationToken);

    public IAsyncEnumerable<VmEvent> ObserveAsync(ObserveRequest request, CancellationToken cancellationToken) =>
        ReadAsync(token => _client.Observe(request, cancellationToken: token), request.Pace, cancellationToken);

    public IAsyncEnumerable<VmEvent> PlanAsync(PlanRequest request, CancellationToken cancellationToken) =>
        ReadAsync(token => _client.Plan(request, cancellationToken: token), request.Pace, cancellationToken);

    public IAsyncEnumerable<VmEvent> ApplyAsync(ApplyRequest request, CancellationToken cancellationToken) =>
        ReadAsync(token => _client.Apply(request, cancellationToken: token), request.Pace, cancellationToken, request.Reboot);

    public IAsyncEnumerable<VmEvent> UndoAsync(UndoRequest request, CancellationToken cancellationToken) =>
        ReadAsync(token => _client.Undo(request, cancellationToken: token), request.Pace, cancellationToken, request.Reboot);

    public IAsyncEnumerable<VmEvent> HistoryAsync(HistoryRequest request, CancellationToken cancellationToken) =>
        ReadAsync(token => _client.History(request, cancellationToken: token), request.Pace, cancellationToken);

    public IAsyncEnumerable<VmEvent> RebootAsync(RebootRequest request, CancellationToken cancellationToken) =>
        ReadAsync(token => _client.Reboot(request, cancellationToken: token), request.Pace, cancellationToken, request.Options ?? new RebootOptions());

    public IAsyncEnumerable<VmEvent> ReadPcrsAsync(ReadPcrsRequest request, CancellationToken cancellationToken) =>
        ReadAsync(token => _client.ReadPcrs(request, cancellationToken: token), request.Pace, cancellationToken);

    public IAsyncEnumerable<VmEvent> CollectEvidenceAsync(CollectEvidenceRequest request, CancellationToken cancellationToken) =>
        ReadAsync(token => _client.CollectEvidence(request, cancellationToken: token), request.Pace, cancellationToken);

    public IAsyncEnumerable<VmEvent> SaveBaselineAsync(SaveBaselineRequest request, CancellationToken cancellationToken) =>
        ReadAsync(token => _client.SaveBaseline(request, cancellationToken: token), request.Pace, cancellationToken);

    // The reference may be a VM, which has its time first.
    public IAsyncEnumerable<VmEvent> CheckBootAsync(CheckBootRequest request, CancellationToken cancellationToken) =>
        ReadAsync(token => _client.CheckBoot(request, cancellationToken: token), request.Pace, cancellationToken, calls: 2);

    public IAsyncEnumerable<VmEvent> CollectBootAsync(CollectBootRequest request, CancellationToken cancellationToken) =>
        ReadAsync(token => _client.CollectBoot(request, cancellationToken: token), request.Pace, cancellationToken);

    public ValueTask DisposeAsync()
    {
        _channel.Dispose();
        _first?.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<T> CallAsync<T>(Func<CallOptions, AsyncUnaryCall<T>> start, CancellationToken cancellationToken, TimeSpan extraTime = default)
    {
        var patience = _patience + extraTime;
        try
        {
            using var call = start(new CallOptions(deadline: TimeProvider.System.GetUtcNow().UtcDateTime + patience, cancellationToken: cancellationToken));
            return await call.ResponseAsync;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.DeadlineExceeded)
        {
            throw Silent(patience);
        }
        catch (RpcException e) when (HasGone(e))
        {
            throw Gone(e);
        }
    }

    private async IAsyncEnumerable<VmEvent> ReadAsync(
        Func<CancellationToken, AsyncServerStreamingCall<VmEvent>> start,
        Pace? pace,
        [EnumeratorCancellation] CancellationToken cancellationToken,
        RebootOptions? reboot = null,
        int calls = 1)
    {
        // A VM that is being called ends within its time limit, so a daemon that works has something to say by then. Of a restart it
        // has at the end of each wait, and before it come and after it go a few calls.
        var limit = Pacing.From(pace).TimeLimit * calls;
        var patience = _patience + (reboot is null ? limit : (limit * CallsOfReboot) + RebootSettings.From(reboot, "").TimeLimit);
        using var silence = new CancellationTokenSource();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, silence.Token);
        using var call = start(stop.Token);
        while (await NextAsync())
        {
            yield return call.ResponseStream.Current;
        }

        async ValueTask<bool> NextAsync()
        {
            silence.CancelAfter(patience);
            try
            {
                return await call.ResponseStream.MoveNext(stop.Token);
            }
            catch (RpcException e) when (HasGone(e))
            {
                throw Gone(e);
            }
            catch (Exception e) when (e is RpcException { StatusCode: StatusCode.Cancelled } or OperationCanceledException && silence.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                throw Silent(patience);
            }
        }
    }

    /// <summary>
    /// The connection was lost, which the daemon does not say itself. One that stops waits for its calls, not for ever; then it ends what is left with
    /// NO_ERROR, which gRPC takes for the server's fault.
    /// </summary>
    private static bool HasGone(RpcException error)
    {
        for (var cause = error.Status.DebugException; cause is not null; cause = cause.InnerException)
        {
            if (cause is HttpProtocolException { ErrorCode: 0 })
            {
                return true;
            }
        }

        return error.StatusCode == StatusCode.Unavailable && error.Status.DebugException is not null;
    }

    private RpcException Gone(RpcException error) => new(new Status(
        StatusCode.Unavailable,
        $"the controller daemon at {TerminalText.Escape(_path, 200)} went away in the middle of the call; "
        + $"'guesttune history', 'guesttune host history' and 'guesttune vm history' show what was done ({error.Status.Detail})"));

    private RpcException Silent(TimeSpan patience) => new(new Status(
        StatusCode.DeadlineExceeded,
        $"the controller daemon at {TerminalText.Escape(_path, 200)} has been silent for {patience.TotalSeconds:0.###} s; it may hang (--no-daemon does without it)"));

    private static async ValueTask<Socket> OpenAsync(string path, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static RpcException Unreachable(string path, SocketException e)
    {
        var hint = e.SocketErrorCode switch
        {
            SocketError.AccessDenied => "this user may not use it; be root or in the group that the daemon was given, or use --no-daemon",
            SocketError.ConnectionRefused => "nobody listens there; start 'guesttune serve', or use --no-daemon",
            _ when !Path.Exists(path) => "there is no such socket; start 'guesttune serve', or use --no-daemon",
            _ => e.Message,
        };
        return new RpcException(new Status(StatusCode.Unavailable, $"the controller daemon at {TerminalText.Escape(path, 200)} cannot be reached: {hint}"));
    }
}
