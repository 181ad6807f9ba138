using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Testing;
using GuestTune.Grpc.Tests.Servers;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace GuestTune.Grpc.Tests.Calls;

public sealed class InterceptorTests
{
    [Fact]
    public async Task Server_Interceptors_RunInOrderAroundEveryKindOfCall()
    {
        var log = new ConcurrentQueue<string>();
        await using var server = await TestServer.StartAsync(
            app => app.MapGrpcService<InteropService>(),
            services =>
            {
                services.AddSingleton(log);
                services.AddGrpc(options =>
                {
                    options.Interceptors.Add<LoggingInterceptor>("outer");
                    options.Interceptors.Add<LoggingInterceptor>("inner");
                });
            });
        using var channel = server.CreateChannel();
        var client = new TestService.TestServiceClient(channel);

        await client.UnaryCallAsync(new SimpleRequest(), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(["outer Unary", "inner Unary"], Drain(log));

        using (var call = client.StreamingInputCall(cancellationToken: TestContext.Current.CancellationToken))
        {
            await call.RequestStream.CompleteAsync();
            await call;
        }

        Assert.Equal(["outer ClientStreaming", "inner ClientStreaming"], Drain(log));

        using (var call = client.StreamingOutputCall(new StreamingOutputCallRequest(), cancellationToken: TestContext.Current.CancellationToken))
        {
            Assert.False(await call.ResponseStream.MoveNext());
        }

        Assert.Equal(["outer ServerStreaming", "inner ServerStreaming"], Drain(log));

        using (var call = client.FullDuplexCall(cancellationToken: TestContext.Current.CancellationToken))
        {
            await call.RequestStream.CompleteAsync();
            Assert.False(await call.ResponseStream.MoveNext());
        }

        Assert.Equal(["outer DuplexStreaming", "inner DuplexStreaming"], Drain(log));
    }

    [Fact]
    public async Task Server_InterceptorThrows_DecidesTheStatus()
    {
        await using var server = await TestServer.StartAsync(
            app => app.MapGrpcService<InteropService>(),
            services => services.AddGrpc().AddServiceOptions<InteropService>(options => options.Interceptors.Add<RefusingInterceptor>()));
        using var channel = server.CreateChannel();
        var client = new TestService.TestServiceClient(channel);
        var exception = await Assert.ThrowsAsync<RpcException>(
            () => client.UnaryCallAsync(new SimpleRequest(), cancellationToken: TestContext.Current.CancellationToken).ResponseAsync);
        Assert.Equal(StatusCode.PermissionDenied, exception.StatusCode);
    }

    [Fact]
    public async Task Client_Interceptors_SeeTheCallInOrderAndMayChangeHeaders()
    {
        string? header = null;
        await using var server = await TestServer.StartAsync(new LambdaService
        {
            Unary = (_, context) =>
            {
                header = context.RequestHeaders.GetValue("added");
                return Task.FromResult(new SimpleResponse());
            },
        });
        using var channel = server.CreateChannel();
        var log = new ConcurrentQueue<string>();
        var invoker = channel
            .Intercept(headers =>
            {
                headers.Add("added", "by the channel");
                return headers;
            })
            .Intercept(new LoggingInterceptor(log, "outer"), new LoggingInterceptor(log, "inner"));
        var client = new TestService.TestServiceClient(invoker);

        await client.UnaryCallAsync(new SimpleRequest(), cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(["outer AsyncUnaryCall", "inner AsyncUnaryCall"], Drain(log));
        Assert.Equal("by the channel", header);
    }

    [Fact]
    public async Task Client_BlockingCall_IsAnswered()
    {
        await using var server = await TestServer.StartAsync(new LambdaService { Unary = (_, _) => Task.FromResult(new SimpleResponse { Username = "me" }) });
        using var channel = server.CreateChannel();
        var log = new ConcurrentQueue<string>();
        var client = new TestService.TestServiceClient(channel.Intercept(new LoggingInterceptor(log, "one")));
        var response = await Task.Run(() => client.UnaryCall(new SimpleRequest()), TestContext.Current.CancellationToken);
        Assert.Equal("me", response.Username);
        Assert.Equal(["one BlockingUnaryCall"], Drain(log));
    }

    private static string[] Drain(ConcurrentQueue<string> log)
    {
        var lines = log.ToArray();
        log.Clear();
        return lines;
    }
}
