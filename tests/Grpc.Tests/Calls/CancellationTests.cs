using Grpc.Core;
using Grpc.Testing;
using GuestTune.Grpc.Tests.Servers;

namespace GuestTune.Grpc.Tests.Calls;

public sealed class CancellationTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task UnaryCall_TokenCancelled_CancelsTheHandlerToo()
    {
        var (started, cancelled) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var server = await TestServer.StartAsync(WaitingService(started, cancelled));
        using var channel = server.CreateChannel();
        using var cancellation = new CancellationTokenSource();
        using var call = new TestService.TestServiceClient(channel).UnaryCallAsync(new SimpleRequest(), cancellationToken: cancellation.Token);
        await started.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);

        await cancellation.CancelAsync();

        var exception = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);
        Assert.Equal(StatusCode.Cancelled, exception.StatusCode);
        Assert.Equal(StatusCode.Cancelled, call.GetStatus().StatusCode);
        await cancelled.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task UnaryCall_Disposed_CancelsTheHandlerToo()
    {
        var (started, cancelled) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var server = await TestServer.StartAsync(WaitingService(started, cancelled));
        using var channel = server.CreateChannel();
        var call = new TestService.TestServiceClient(channel).UnaryCallAsync(new SimpleRequest(), cancellationToken: CancellationToken.None);
        await started.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);

        call.Dispose();

        var exception = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);
        Assert.Equal(StatusCode.Cancelled, exception.StatusCode);
        await cancelled.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task UnaryCall_TokenCancelledBefore_SendsNothing()
    {
        var requests = 0;
        await using var server = await TestServer.StartRawAsync(_ =>
        {
            Interlocked.Increment(ref requests);
            return Task.CompletedTask;
        });
        using var channel = server.CreateChannel();
        var exception = await Assert.ThrowsAsync<RpcException>(() => new TestService.TestServiceClient(channel)
            .UnaryCallAsync(new SimpleRequest(), cancellationToken: new CancellationToken(canceled: true)).ResponseAsync);
        Assert.Equal(StatusCode.Cancelled, exception.StatusCode);
        Assert.Equal(0, requests);
    }

    [Fact]
    public async Task UnaryCall_ChannelWantsOperationCanceled_ThrowsIt()
    {
        var started = new TaskCompletionSource();
        await using var server = await TestServer.StartAsync(WaitingService(started, new TaskCompletionSource()));
        using var channel = server.CreateChannel(options => options.ThrowOperationCanceledOnCancellation = true);
        using var cancellation = new CancellationTokenSource();
        using var call = new TestService.TestServiceClient(channel).UnaryCallAsync(new SimpleRequest(), cancellationToken: cancellation.Token);
        await started.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.ResponseAsync);
    }

    [Fact]
    public async Task ChannelDispose_CallUnderWay_CancelsIt()
    {
        var (started, cancelled) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var server = await TestServer.StartAsync(WaitingService(started, cancelled));
        var channel = server.CreateChannel();
        var client = new TestService.TestServiceClient(channel);
        using var call = client.UnaryCallAsync(new SimpleRequest(), cancellationToken: CancellationToken.None);
        await started.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);

        channel.Dispose();

        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync)).StatusCode);
        await cancelled.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Throws<ObjectDisposedException>(() => client.UnaryCallAsync(new SimpleRequest(), cancellationToken: CancellationToken.None));
    }

    [Fact]
    public async Task MoveNext_ItsTokenCancelled_CancelsTheCall()
    {
        await using var server = await TestServer.StartAsync(new LambdaService
        {
            ServerStreaming = (_, _, context) => Task.Delay(Patience, context.CancellationToken),
        });
        using var channel = server.CreateChannel();
        using var call = new TestService.TestServiceClient(channel).StreamingOutputCall(new StreamingOutputCallRequest(), cancellationToken: CancellationToken.None);
        using var cancellation = new CancellationTokenSource();
        var read = call.ResponseStream.MoveNext(cancellation.Token);
        await cancellation.CancelAsync();
        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => read)).StatusCode);
        Assert.Equal(StatusCode.Cancelled, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task Handler_ReadsFromAClientThatIsGone_Fails()
    {
        var (read, ended) = (new TaskCompletionSource(), new TaskCompletionSource<Exception?>());
        await using var server = await TestServer.StartAsync(new LambdaService
        {
            ClientStreaming = async (requests, _) =>
            {
                ended.SetResult(await Record.ExceptionAsync(async () =>
                {
                    while (await requests.MoveNext())
                    {
                        read.TrySetResult();
                    }
                }));
                return new StreamingInputCallResponse();
            },
        });
        using var channel = server.CreateChannel();
        using (var call = new TestService.TestServiceClient(channel).StreamingInputCall(cancellationToken: CancellationToken.None))
        {
            await call.RequestStream.WriteAsync(new StreamingInputCallRequest());
            await read.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        }

        Assert.NotNull(await ended.Task.WaitAsync(Patience, TestContext.Current.CancellationToken));
    }

    private static LambdaService WaitingService(TaskCompletionSource started, TaskCompletionSource cancelled) => new()
    {
        Unary = async (_, context) =>
        {
            started.SetResult();
            try
            {
                await Task.Delay(Patience, context.CancellationToken);
            }
            catch (OperationCanceledException)
            {
                cancelled.SetResult();
                throw;
            }

            return new SimpleResponse();
        },
    };
}
