using Google.Protobuf;
using Grpc.Core;
using Grpc.Testing;
using GuestTune.Grpc.Tests.Servers;

namespace GuestTune.Grpc.Tests.Server;

public sealed class HandlerTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Handler_Throws_IsUnknownAndTellsOnlyIfAllowed(bool detailed)
    {
        await using var server = await TestServer.StartAsync(
            new LambdaService { Unary = (_, _) => throw new InvalidOperationException("the secret") },
            options => options.EnableDetailedErrors = detailed);

        var exception = await CallAsync(server);

        Assert.Equal(StatusCode.Unknown, exception.StatusCode);
        Assert.Equal(detailed, exception.Status.Detail.Contains("the secret", StringComparison.Ordinal));
        Assert.StartsWith("Exception was thrown by handler.", exception.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Handler_ThrowsRpcException_SendsStatusAndBothTrailers()
    {
        await using var server = await TestServer.StartAsync(new LambdaService
        {
            Unary = (_, context) =>
            {
                context.ResponseTrailers.Add("from-context", "1");
                throw new RpcException(new Status(StatusCode.FailedPrecondition, "not now"), new Metadata { { "from-exception", "2" } });
            },
        });

        var exception = await CallAsync(server);

        Assert.Equal(StatusCode.FailedPrecondition, exception.StatusCode);
        Assert.Equal("not now", exception.Status.Detail);
        Assert.Equal("1", exception.Trailers.GetValue("from-context"));
        Assert.Equal("2", exception.Trailers.GetValue("from-exception"));
    }

    [Fact]
    public async Task Handler_SetsStatus_EndsWithIt()
    {
        await using var server = await TestServer.StartAsync(new LambdaService
        {
            Unary = (_, context) =>
            {
                context.Status = new Status(StatusCode.NotFound, "nowhere");
                return Task.FromResult(new SimpleResponse());
            },
        });

        var exception = await CallAsync(server);

        Assert.Equal(StatusCode.NotFound, exception.StatusCode);
        Assert.Equal("nowhere", exception.Status.Detail);
    }

    [Fact]
    public async Task Handler_ReturnsNull_IsCancelled()
    {
        await using var server = await TestServer.StartAsync(new LambdaService { Unary = (_, _) => Task.FromResult<SimpleResponse>(null!) });
        Assert.Equal(StatusCode.Cancelled, (await CallAsync(server)).StatusCode);
    }

    [Fact]
    public async Task Handler_AnswersTooMuch_IsResourceExhausted()
    {
        await using var server = await TestServer.StartAsync(
            new LambdaService { Unary = (_, _) => Task.FromResult(new SimpleResponse { Payload = new Payload { Body = ByteString.CopyFrom(new byte[1001]) } }) },
            options => options.MaxSendMessageSize = 1000);
        Assert.Equal(StatusCode.ResourceExhausted, (await CallAsync(server)).StatusCode);
    }

    [Fact]
    public async Task Handler_ReceiveLimitLifted_TakesLargeMessage()
    {
        await using var server = await TestServer.StartAsync(
            new LambdaService { Unary = (request, _) => Task.FromResult(new SimpleResponse { Username = request.Payload.Body.Length.ToString() }) },
            options => options.MaxReceiveMessageSize = null);
        using var channel = server.CreateChannel();
        var response = await new TestService.TestServiceClient(channel).UnaryCallAsync(
            new SimpleRequest { Payload = new Payload { Body = ByteString.CopyFrom(new byte[6 * 1024 * 1024]) } },
            cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal("6291456", response.Username);
    }

    [Fact]
    public async Task Handler_ContextSaysWhatTheCallIs()
    {
        string? method = null, host = null, peer = null, path = null, header = null;
        DateTime deadline = default;
        await using var server = await TestServer.StartAsync(new LambdaService
        {
            Unary = (_, context) =>
            {
                (method, host, peer) = (context.Method, context.Host, context.Peer);
                path = context.GetHttpContext().Request.Path;
                header = context.RequestHeaders.GetValue("x-header");
                deadline = context.Deadline;
                Assert.Null(context.RequestHeaders.Get("te"));
                Assert.Null(context.RequestHeaders.Get("content-type"));
                Assert.Null(context.RequestHeaders.Get("grpc-timeout"));
                Assert.False(context.AuthContext.IsPeerAuthenticated);
                return Task.FromResult(new SimpleResponse());
            },
        });
        using var channel = server.CreateChannel();
        var wanted = DateTime.UtcNow.AddSeconds(100);

        await new TestService.TestServiceClient(channel).UnaryCallAsync(
            new SimpleRequest(), new Metadata { { "X-Header", "value" } }, wanted, TestContext.Current.CancellationToken);

        Assert.Equal("/grpc.testing.TestService/UnaryCall", method);
        Assert.Equal(method, path);
        Assert.Equal(server.Address.Authority, host);
        Assert.StartsWith("ipv4:127.0.0.1:", peer, StringComparison.Ordinal);
        Assert.Equal("value", header);
        Assert.InRange((deadline - wanted).Duration(), TimeSpan.Zero, TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task Handler_NoDeadline_HasNone()
    {
        DateTime? deadline = null;
        await using var server = await TestServer.StartAsync(new LambdaService
        {
            Unary = (_, context) =>
            {
                deadline = context.Deadline;
                return Task.FromResult(new SimpleResponse());
            },
        });
        using var channel = server.CreateChannel();
        await new TestService.TestServiceClient(channel).UnaryCallAsync(new SimpleRequest(), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(DateTime.MaxValue, deadline);
    }

    [Fact]
    public async Task Handler_WritesHeadersTwice_Throws()
    {
        await using var server = await TestServer.StartAsync(new LambdaService
        {
            Unary = async (_, context) =>
            {
                await context.WriteResponseHeadersAsync(new Metadata { { "first", "1" } });
                await Assert.ThrowsAsync<InvalidOperationException>(() => context.WriteResponseHeadersAsync([]));
                return new SimpleResponse();
            },
        });
        using var channel = server.CreateChannel();
        using var call = new TestService.TestServiceClient(channel).UnaryCallAsync(new SimpleRequest(), cancellationToken: TestContext.Current.CancellationToken);
        await call;
        Assert.Equal("1", (await call.ResponseHeadersAsync).GetValue("first"));
    }

    [Fact]
    public async Task Handler_UsesStreamsAfterItsEnd_FailsThere()
    {
        IServerStreamWriter<StreamingOutputCallResponse>? writer = null;
        IAsyncStreamReader<StreamingOutputCallRequest>? reader = null;
        await using var server = await TestServer.StartAsync(new LambdaService
        {
            Duplex = (requests, responses, _) =>
            {
                (reader, writer) = (requests, responses);
                return Task.CompletedTask;
            },
        });
        using var channel = server.CreateChannel();
        using var call = new TestService.TestServiceClient(channel).FullDuplexCall(cancellationToken: TestContext.Current.CancellationToken);
        Assert.False(await call.ResponseStream.MoveNext());

        await Assert.ThrowsAsync<InvalidOperationException>(() => writer!.WriteAsync(new StreamingOutputCallResponse()));
        await Assert.ThrowsAsync<InvalidOperationException>(() => reader!.MoveNext());
    }

    [Fact]
    public async Task Handler_Compresses_WhereTheClientAcceptsIt()
    {
        await using var server = await TestServer.StartAsync(
            new LambdaService { Unary = (_, _) => Task.FromResult(new SimpleResponse { Username = new string('a', 1000) }) },
            options => options.ResponseCompressionAlgorithm = "gzip");
        var body = RawGrpc.Frame(new SimpleRequest());

        var compressed = await RawGrpc.PostAsync(server.Address, RawGrpc.UnaryPath, body, headers: ("grpc-accept-encoding", "identity, gzip"));
        Assert.Equal("gzip", Assert.Contains("grpc-encoding", compressed.Headers));
        Assert.Equal(1, compressed.Body[0]);
        Assert.InRange(compressed.Body.Length, 6, 500);

        var plain = await RawGrpc.PostAsync(server.Address, RawGrpc.UnaryPath, body, headers: ("grpc-accept-encoding", "identity"));
        Assert.Equal(0, plain.Body[0]);

        using var channel = server.CreateChannel();
        var response = await new TestService.TestServiceClient(channel).UnaryCallAsync(new SimpleRequest(), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(1000, response.Username.Length);
    }

    private static async Task<RpcException> CallAsync(TestServer server)
    {
        using var channel = server.CreateChannel();
        var client = new TestService.TestServiceClient(channel);
        return await Assert.ThrowsAsync<RpcException>(() => client.UnaryCallAsync(new SimpleRequest(), cancellationToken: TestContext.Current.CancellationToken).ResponseAsync);
    }
}
