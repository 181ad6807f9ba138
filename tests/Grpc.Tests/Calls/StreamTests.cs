using Google.Protobuf;
using Grpc.Core;
using Grpc.Testing;
using GuestTune.Grpc.Tests.Servers;

namespace GuestTune.Grpc.Tests.Calls;

public sealed class StreamTests
{
    private const int MessageSizeBytes = 64 * 1024;
    private const int MessageCount = 1000;

    // More than all windows and buffers of HTTP/2 on the way, far less than all messages.
    private const int MaxHeldMessages = 300;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly Payload Large = new() { Body = ByteString.CopyFrom(new byte[MessageSizeBytes]) };

    [Fact]
    public async Task WriteAsync_ServerDoesNotRead_Waits()
    {
        var goOn = new TaskCompletionSource();
        await using var server = await TestServer.StartAsync(new LambdaService
        {
            ClientStreaming = async (requests, _) =>
            {
                await goOn.Task;
                var read = 0;
                await foreach (var request in requests.ReadAllAsync())
                {
                    read += request.Payload.Body.Length;
                }

                return new StreamingInputCallResponse { AggregatedPayloadSize = read };
            },
        });
        using var channel = server.CreateChannel();
        using var call = new TestService.TestServiceClient(channel).StreamingInputCall(cancellationToken: TestContext.Current.CancellationToken);
        var written = 0;
        var writing = Task.Run(async () =>
        {
            for (; written < MessageCount; Interlocked.Increment(ref written))
            {
                await call.RequestStream.WriteAsync(new StreamingInputCallRequest { Payload = Large });
            }

            await call.RequestStream.CompleteAsync();
        });

        var held = await WaitUntilStillAsync(() => Volatile.Read(ref written));
        Assert.InRange(held, 0, MaxHeldMessages);
        Assert.False(writing.IsCompleted);

        goOn.SetResult();
        Assert.Equal(MessageCount * MessageSizeBytes, (await call.ResponseAsync.WaitAsync(Patience, TestContext.Current.CancellationToken)).AggregatedPayloadSize);
        await writing;
    }

    [Fact]
    public async Task WriteAsync_ClientDoesNotRead_Waits()
    {
        var written = 0;
        await using var server = await TestServer.StartAsync(new LambdaService
        {
            ServerStreaming = async (_, responses, _) =>
            {
                for (; written < MessageCount; Interlocked.Increment(ref written))
                {
                    await responses.WriteAsync(new StreamingOutputCallResponse { Payload = Large });
                }
            },
        });
        using var channel = server.CreateChannel();
        using var call = new TestService.TestServiceClient(channel).StreamingOutputCall(
            new StreamingOutputCallRequest(), cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(await call.ResponseStream.MoveNext());

        var held = await WaitUntilStillAsync(() => Volatile.Read(ref written));
        Assert.InRange(held, 0, MaxHeldMessages);

        var read = 1;
        while (await call.ResponseStream.MoveNext())
        {
            read++;
        }

        Assert.Equal(MessageCount, read);
    }

    [Fact]
    public async Task WriteAsync_BufferHint_MessagesArriveAtTheEnd()
    {
        await using var server = await TestServer.StartAsync(new LambdaService
        {
            ServerStreaming = async (_, responses, _) =>
            {
                responses.WriteOptions = new WriteOptions(WriteFlags.BufferHint);
                await responses.WriteAsync(new StreamingOutputCallResponse());
                await responses.WriteAsync(new StreamingOutputCallResponse());
            },
        });
        using var channel = server.CreateChannel();
        using var call = new TestService.TestServiceClient(channel).StreamingOutputCall(
            new StreamingOutputCallRequest(), cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(await call.ResponseStream.MoveNext());
        Assert.True(await call.ResponseStream.MoveNext());
        Assert.False(await call.ResponseStream.MoveNext());
    }

    [Fact]
    public async Task WriteAsync_TwoAtOnce_SecondFails()
    {
        await using var server = await TestServer.StartAsync(new LambdaService
        {
            ClientStreaming = async (_, context) =>
            {
                await Task.Delay(Patience, context.CancellationToken);
                return new StreamingInputCallResponse();
            },
        });
        using var channel = server.CreateChannel();
        using var call = new TestService.TestServiceClient(channel).StreamingInputCall(cancellationToken: TestContext.Current.CancellationToken);
        // More than all windows and buffers on the way hold.
        var first = call.RequestStream.WriteAsync(new StreamingInputCallRequest { Payload = new Payload { Body = ByteString.CopyFrom(new byte[MessageCount * MessageSizeBytes]) } });

        await Assert.ThrowsAsync<InvalidOperationException>(() => call.RequestStream.WriteAsync(new StreamingInputCallRequest()));
        await Assert.ThrowsAsync<InvalidOperationException>(() => call.RequestStream.CompleteAsync());
        call.Dispose();
        await Assert.ThrowsAsync<RpcException>(() => first);
    }

    [Fact]
    public async Task WriteAsync_AfterComplete_Fails()
    {
        await using var server = await TestServer.StartAsync(new LambdaService { ClientStreaming = (_, _) => Task.FromResult(new StreamingInputCallResponse()) });
        using var channel = server.CreateChannel();
        using var call = new TestService.TestServiceClient(channel).StreamingInputCall(cancellationToken: TestContext.Current.CancellationToken);
        await call.RequestStream.CompleteAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => call.RequestStream.WriteAsync(new StreamingInputCallRequest()));
        await call;
    }

    [Fact]
    public async Task WriteAsync_ServerHasEndedTheCall_FailsWithItsStatus()
    {
        await using var server = await TestServer.StartAsync(new LambdaService
        {
            Duplex = (_, _, _) => throw new RpcException(new Status(StatusCode.PermissionDenied, "not you")),
        });
        using var channel = server.CreateChannel();
        using var call = new TestService.TestServiceClient(channel).FullDuplexCall(cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(StatusCode.PermissionDenied, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext())).StatusCode);
        Assert.Equal(
            StatusCode.PermissionDenied,
            (await Assert.ThrowsAsync<RpcException>(() => call.RequestStream.WriteAsync(new StreamingOutputCallRequest()))).StatusCode);
    }

    [Fact]
    public async Task WriteAsync_LargerThanTheLimit_Fails()
    {
        await using var server = await TestServer.StartAsync(new LambdaService
        {
            // Reads to the end: a server that answers at once would end the call before anything is written.
            ClientStreaming = async (requests, _) =>
            {
                while (await requests.MoveNext())
                {
                }

                return new StreamingInputCallResponse();
            },
        });
        using var channel = server.CreateChannel(options => options.MaxSendMessageSize = 100);
        using var call = new TestService.TestServiceClient(channel).StreamingInputCall(cancellationToken: TestContext.Current.CancellationToken);
        var exception = await Assert.ThrowsAsync<RpcException>(() => call.RequestStream.WriteAsync(new StreamingInputCallRequest { Payload = Large }));
        Assert.Equal(StatusCode.ResourceExhausted, exception.StatusCode);
    }

    [Fact]
    public async Task UnaryCall_LargerThanTheLimit_Fails()
    {
        await using var server = await TestServer.StartAsync(new LambdaService { Unary = (_, _) => Task.FromResult(new SimpleResponse()) });
        using var channel = server.CreateChannel(options => options.MaxSendMessageSize = 100);
        var exception = await Assert.ThrowsAsync<RpcException>(() => new TestService.TestServiceClient(channel)
            .UnaryCallAsync(new SimpleRequest { Payload = Large }, cancellationToken: TestContext.Current.CancellationToken).ResponseAsync);
        Assert.Equal(StatusCode.ResourceExhausted, exception.StatusCode);
    }

    [Fact]
    public async Task MoveNext_TwoAtOnce_SecondFails()
    {
        await using var server = await TestServer.StartAsync(new LambdaService
        {
            ServerStreaming = (_, _, context) => Task.Delay(Patience, context.CancellationToken),
        });
        using var channel = server.CreateChannel();
        using var call = new TestService.TestServiceClient(channel).StreamingOutputCall(
            new StreamingOutputCallRequest(), cancellationToken: TestContext.Current.CancellationToken);
        var first = call.ResponseStream.MoveNext();
        await Assert.ThrowsAsync<InvalidOperationException>(() => call.ResponseStream.MoveNext());
        call.Dispose();
        await Assert.ThrowsAsync<RpcException>(() => first);
    }

    [Fact]
    public async Task MoveNext_AfterTheEnd_StaysAtTheEnd()
    {
        await using var server = await TestServer.StartAsync(new LambdaService { ServerStreaming = (_, _, _) => Task.CompletedTask });
        using var channel = server.CreateChannel();
        using var call = new TestService.TestServiceClient(channel).StreamingOutputCall(
            new StreamingOutputCallRequest(), cancellationToken: TestContext.Current.CancellationToken);
        Assert.False(await call.ResponseStream.MoveNext());
        Assert.False(await call.ResponseStream.MoveNext());
    }

    [Fact]
    public async Task GetStatus_BeforeTheEnd_Throws()
    {
        await using var server = await TestServer.StartAsync(new LambdaService
        {
            ServerStreaming = (_, _, context) => Task.Delay(Patience, context.CancellationToken),
        });
        using var channel = server.CreateChannel();
        using var call = new TestService.TestServiceClient(channel).StreamingOutputCall(
            new StreamingOutputCallRequest(), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Throws<InvalidOperationException>(() => call.GetStatus());
        Assert.Throws<InvalidOperationException>(() => call.GetTrailers());
    }

    [Fact]
    public async Task ResponseHeaders_ComeBeforeTheFirstMessage()
    {
        var goOn = new TaskCompletionSource();
        await using var server = await TestServer.StartAsync(new LambdaService
        {
            ServerStreaming = async (_, _, context) =>
            {
                await context.WriteResponseHeadersAsync(new Metadata { { "early", "bird" } });
                await goOn.Task;
            },
        });
        using var channel = server.CreateChannel();
        using var call = new TestService.TestServiceClient(channel).StreamingOutputCall(
            new StreamingOutputCallRequest(), cancellationToken: TestContext.Current.CancellationToken);
        var headers = await call.ResponseHeadersAsync.WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal("bird", headers.GetValue("early"));
        goOn.SetResult();
        Assert.False(await call.ResponseStream.MoveNext());
    }

    private static async Task<int> WaitUntilStillAsync(Func<int> count)
    {
        int last, now = count();
        do
        {
            last = now;
            await Task.Delay(500, TestContext.Current.CancellationToken);
            now = count();
        }
        while (now != last && now < MessageCount);
        return now;
    }
}
