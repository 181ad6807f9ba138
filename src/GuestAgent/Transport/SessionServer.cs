using System.Net;
using GuestTune.VirtioSerial;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace GuestTune.Agent.Transport;

/// <summary>
/// Runs one Kestrel server for each session, for as long as the session lasts.
/// </summary>
/// <remarks>
/// A started Kestrel wakes once a second for its heartbeat (Heartbeat.cs in aspnetcore), whether anybody is connected or not. An agent that
/// sits in every VM of a host must not cost wake-ups while nobody talks to it, so between sessions there is no server at all.
/// </remarks>
internal sealed partial class SessionServer : IServer
{
    /// <summary>How long a call that outlives its session may go on before its server is torn down.</summary>
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(30);

    /// <summary>How long a call may go on when the agent stops. An operation that has begun comes to its end in any case.</summary>
    private static readonly TimeSpan StopTime = TimeSpan.FromSeconds(3);

    /// <summary>
    /// With Timeout.InfiniteTimeSpan Kestrel was seen to close a connection that is idle at a heartbeat (GOAWAY, no error), most likely since
    /// its deadline overflows; with a finite limit it does not.
    /// </summary>
    private static readonly TimeSpan Never = TimeSpan.FromDays(365);

    private readonly IOptions<KestrelServerOptions> _options;
    private readonly ISessionSource _sessions;
    private readonly ILoggerFactory _loggerFactory;
    private readonly IHostApplicationLifetime _lifetime;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly IFreedMemory? _freedMemory;
    private readonly CancellationTokenSource _stopping = new();
    private readonly HashSet<Task> _running = [];
    private readonly Lock _runningLock = new();
    private Task _acceptLoop = Task.CompletedTask;

    /// <param name="freedMemory">Asked for when nothing is left to do.</param>
    public SessionServer(
        IOptions<KestrelServerOptions> options, ISessionSource sessions, IHostApplicationLifetime lifetime, ILoggerFactory loggerFactory, TimeProvider time, IFreedMemory? freedMemory = null)
    {
        _time = time;
        _freedMemory = freedMemory;
        _options = options;
        _sessions = sessions;
        _lifetime = lifetime;
        _loggerFactory = loggerFactory;
        _logger = loggerFactory.CreateLogger<SessionServer>();
        Features.Set<IServerAddressesFeature>(new ServerAddressesFeature());
    }

    /// <summary>Why no more sessions come in, once that is so.</summary>
    public Exception? Failure { get; private set; }

    public IFeatureCollection Features { get; } = new FeatureCollection();

    public async Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken)
        where TContext : notnull
    {
        await WarmUp.RunAsync(connection => ServeAsync(connection, application), _time, _logger, cancellationToken);
        _freedMemory?.GiveBack();
        _sessions.Open();
        _acceptLoop = Task.Run(() => AcceptAsync(application), CancellationToken.None);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _acceptLoop.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Task[] running;
        lock (_runningLock)
        {
            running = [.. _running];
        }

        await Task.WhenAll(running).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose() => _stopping.Dispose();

    private async Task AcceptAsync<TContext>(IHttpApplication<TContext> application)
        where TContext : notnull
    {
        while (!_stopping.IsCancellationRequested)
        {
            Session session;
            try
            {
                session = await _sessions.AcceptAsync(_stopping.Token);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                // Whatever it was: an agent that ends is started again, one that lets nobody in stays so.
                Failure = exception;
                _lifetime.StopApplication();
                return;
            }

            LogAttached(session.Id.ToString());
            // Not awaited: a new session must not wait for the calls of the one that it replaces.
            Track(ServeSessionAsync(session, application));
        }
    }

    private void Track(Task task)
    {
        lock (_runningLock)
        {
            _running.Add(task);
        }

        _ = task.ContinueWith(
            finished =>
            {
                bool isIdle;
                lock (_runningLock)
                {
                    _running.Remove(finished);
                    isIdle = _running.Count == 0;
                }

                if (isIdle)
                {
                    _freedMemory?.GiveBack();
                }
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    private async Task ServeSessionAsync<TContext>(Session session, IHttpApplication<TContext> application)
        where TContext : notnull
    {
        try
        {
            await using var server = await ServeAsync(new SessionConnectionContext(session, _sessions.EndPoint), application);
            await ((Task)session.Ended).WaitAsync(_stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            session.Abort(ResetReason.ShuttingDown);
        }
        catch (Exception exception)
        {
            LogServeFailed(exception);
            session.Abort();
        }

        var end = session.Ended.IsCompletedSuccessfully ? session.Ended.Result.ToString() : "agent stops";
        LogDetached(session.Id.ToString(), end!);
    }

    private async Task<IAsyncDisposable> ServeAsync<TContext>(ConnectionContext connection, IHttpApplication<TContext> application)
        where TContext : notnull
    {
        var server = new KestrelServer(Options.Create(ForOneConnection(connection.LocalEndPoint!)), new SingleConnectionListener(connection), _loggerFactory);
        try
        {
            await server.StartAsync(application, _stopping.Token);
            return new RunningServer(server, _time, _stopping.Token);
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    private KestrelServerOptions ForOneConnection(EndPoint endPoint)
    {
        var configured = _options.Value;
        var options = new KestrelServerOptions { ApplicationServices = configured.ApplicationServices, AddServerHeader = false };

        // A paused or migrating VM is silent for any length of time: silence ends nothing.
        options.Limits.KeepAliveTimeout = Never;
        options.Limits.RequestHeadersTimeout = Never;
        options.Limits.MinRequestBodyDataRate = null;
        options.Limits.MinResponseDataRate = null;

        // Lets a call write ahead while the connection's writer is busy: a stream is then not one thread hop a message.
        options.Limits.MaxResponseBufferSize = 512 * 1024;

        options.Limits.Http2.InitialConnectionWindowSize = 128 * 1024;
        options.Limits.Http2.InitialStreamWindowSize = 96 * 1024;
        options.Limits.Http2.MaxStreamsPerConnection = 32;
        options.Limits.Http2.KeepAlivePingDelay = Timeout.InfiniteTimeSpan;
        options.Listen(endPoint, listen => listen.Protocols = HttpProtocols.Http2);
        return options;
    }

    [LoggerMessage(1, LogLevel.Debug, "A host attached, session {SessionId}.", EventName = "Attached")]
    private partial void LogAttached(string sessionId);

    [LoggerMessage(2, LogLevel.Debug, "Session {SessionId} ended: {Reason}.", EventName = "Detached")]
    private partial void LogDetached(string sessionId, string reason);

    [LoggerMessage(3, LogLevel.Error, "A session could not be served.", EventName = "ServeFailed")]
    private partial void LogServeFailed(Exception exception);

    private sealed class RunningServer(KestrelServer server, TimeProvider time, CancellationToken stopping) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            using var drain = new CancellationTokenSource(DrainTime, time);
            await using var sooner = stopping.UnsafeRegister(static drain => ((CancellationTokenSource)drain!).CancelAfter(StopTime), drain);
            try
            {
                await server.StopAsync(drain.Token);
            }
            finally
            {
                server.Dispose();
            }
        }
    }
}
