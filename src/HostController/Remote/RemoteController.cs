using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Grpc.Core;
using Grpc.Net.Client;
using GuestTune.Controller.Fleet;
using GuestTune.Controller.Rendering;
using GuestTune.Controller.V1;

namespace GuestTune.Controller.Remote;

/// <summary>The controller in a daemon, over gRPC on its UNIX socket.</summary>
internal sealed class RemoteController : IController
{
    // One event carries one VM's answer, which the daemon bounds to 1 MiB.
    private const int MaxReceiveMessageSizeBytes = 4 * 1024 * 1024;

    private readonly string _path;
    private readonly GrpcChannel _channel;
    private readonly V1.Controller.ControllerClient _client;
    private Socket? _first;

    private RemoteController(string path, Socket first)
    {
        _path = path;
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
    }

    /// <exception cref="RpcException">No daemon can be reached there.</exception>
    public static async Task<RemoteController> ConnectAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return new RemoteController(path, await OpenAsync(path, cancellationToken));
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
            return new RemoteController(path, await OpenAsync(path, cancellationToken));
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionRefused || !Path.Exists(path))
        {
            return null;
        }
        catch (SocketException e)
        {
            throw Unreachable(path, e);
        }
    }

    public async Task<ListVmsResponse> ListVmsAsync(ListVmsRequest request, CancellationToken cancellationToken) =>
        await _client.ListVmsAsync(request, cancellationToken: cancellationToken);

    public IAsyncEnumerable<VmEvent> PingAsync(PingRequest request, CancellationToken cancellationToken) =>
        ReadAsync(_client.Ping(request, cancellationToken: cancellationToken), cancellationToken);

    public IAsyncEnumerable<VmEvent> GetInfoAsync(GetInfoRequest request, CancellationToken cancellationToken) =>
        ReadAsync(_client.GetInfo(request, cancellationToken: cancellationToken), cancellationToken);

    public IAsyncEnumerable<VmEvent> ObserveAsync(ObserveRequest request, CancellationToken cancellationToken) =>
        ReadAsync(_client.Observe(request, cancellationToken: cancellationToken), cancellationToken);

    public IAsyncEnumerable<VmEvent> PlanAsync(PlanRequest request, CancellationToken cancellationToken) =>
        ReadAsync(_client.Plan(request, cancellationToken: cancellationToken), cancellationToken);

    public IAsyncEnumerable<VmEvent> ApplyAsync(ApplyRequest request, CancellationToken cancellationToken) =>
        ReadAsync(_client.Apply(request, cancellationToken: cancellationToken), cancellationToken);

    public IAsyncEnumerable<VmEvent> UndoAsync(UndoRequest request, CancellationToken cancellationToken) =>
        ReadAsync(_client.Undo(request, cancellationToken: cancellationToken), cancellationToken);

    public IAsyncEnumerable<VmEvent> HistoryAsync(HistoryRequest request, CancellationToken cancellationToken) =>
        ReadAsync(_client.History(request, cancellationToken: cancellationToken), cancellationToken);

    public ValueTask DisposeAsync()
    {
        _channel.Dispose();
        _first?.Dispose();
        return ValueTask.CompletedTask;
    }

    private async IAsyncEnumerable<VmEvent> ReadAsync(AsyncServerStreamingCall<VmEvent> call, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using (call)
        {
            while (await NextAsync())
            {
                yield return call.ResponseStream.Current;
            }
        }

        async ValueTask<bool> NextAsync()
        {
            try
            {
                return await call.ResponseStream.MoveNext(cancellationToken);
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable)
            {
                throw new RpcException(new Status(
                    StatusCode.Unavailable,
                    $"the controller daemon at {_path} went away in the middle of the call; 'guesttune history' shows what was done ({e.Status.Detail})"));
            }
        }
    }

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
