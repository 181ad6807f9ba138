using System.Diagnostics;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Testing;
using GuestTune.Grpc.Tests.Servers;

namespace GuestTune.Grpc.Tests.Calls;

public sealed class DeadlineTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task UnaryCall_ServerSleeps_ClientGivesUpAtTheDeadline()
    {
        // No gRPC library on this server: nobody but the client watches the time.
        await using var server = await TestServer.StartRawAsync(http => Task.Delay(Timeout.Infinite, http.RequestAborted));
        using var channel = server.CreateChannel();
        var elapsed = Stopwatch.StartNew();

        var exception = await Assert.ThrowsAsync<RpcException>(() => new TestService.TestServiceClient(channel)
            .UnaryCallAsync(new SimpleRequest(), deadline: DateTime.UtcNow.AddMilliseconds(200)).ResponseAsync);

        Assert.Equal(StatusCode.DeadlineExceeded, exception.StatusCode);
        Assert.True(elapsed.ElapsedMilliseconds >= 190, $"after {elapsed.ElapsedMilliseconds} ms");
    }

    [Fact]
    public async Task UnaryCall_DeadlineInThePast_FailsWithoutARequest()
    {
        var requests = 0;
        await using var server = await TestServer.StartRawAsync(_ =>
        {
            Interlocked.Increment(ref requests);
            return Task.CompletedTask;
        });
        using var channel = server.CreateChannel();

        var exception = await Assert.ThrowsAsync<RpcException>(() => new TestService.TestServiceClient(channel)
            .UnaryCallAsync(new SimpleRequest(), deadline: DateTime.UtcNow.AddSeconds(-1)).ResponseAsync);

        Assert.Equal(StatusCode.DeadlineExceeded, exception.StatusCode);
        Assert.Equal(0, requests);
    }

    [Fact]
    public async Task UnaryCall_LocalDeadline_IsRefused()
    {
        await using var server = await TestServer.StartRawAsync(_ => Task.CompletedTask);
        using var channel = server.CreateChannel();
        Assert.Throws<InvalidOperationException>(() => new TestService.TestServiceClient(channel)
            .UnaryCallAsync(new SimpleRequest(), deadline: DateTime.Now.AddSeconds(10)));
    }

    [Theory]
    [InlineData(40)]
    [InlineData(400)]
    [InlineData(40_000)]
    public async Task UnaryCall_FarDeadline_Succeeds(int days)
    {
        await using var server = await TestServer.StartAsync(new LambdaService { Unary = (_, _) => Task.FromResult(new SimpleResponse()) });
        using var channel = server.CreateChannel();
        await new TestService.TestServiceClient(channel).UnaryCallAsync(new SimpleRequest(), deadline: DateTime.UtcNow.AddDays(days));
    }

    [Fact]
    public async Task Server_TimeoutPasses_AnswersAndCancelsTheHandler()
    {
        var hasBegun = false;
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await TestServer.StartAsync(new LambdaService
        {
            Unary = async (_, context) =>
            {
                Volatile.Write(ref hasBegun, true);
                await using var registration = context.CancellationToken.Register(() => cancelled.TrySetResult());
                await Task.Delay(Timeout.Infinite, context.CancellationToken);
                return new SimpleResponse();
            },
        });

        var response = await PostLongEnoughAsync(server, RawGrpc.UnaryPath, new SimpleRequest(), _ => Volatile.Read(ref hasBegun));

        Assert.Equal("4", response.GrpcStatus);
        await cancelled.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Server_TimeoutPassesInTheMiddleOfAStream_EndsItWithTrailers()
    {
        await using var server = await TestServer.StartAsync(new LambdaService
        {
            ServerStreaming = async (_, responses, context) =>
            {
                await responses.WriteAsync(new StreamingOutputCallResponse());
                await Task.Delay(Patience, context.CancellationToken);
            },
        });

        var response = await PostLongEnoughAsync(
            server, "/grpc.testing.TestService/StreamingOutputCall", new StreamingOutputCallRequest(), answer => answer.Body.Length > 0);

        Assert.Equal("4", Assert.Contains("grpc-status", response.Trailers));
        Assert.Equal(RawGrpc.Frame(new StreamingOutputCallResponse()), response.Body);
    }

    [Fact]
    public async Task Server_HandlerIsFasterThanTheTimeout_Succeeds()
    {
        await using var server = await TestServer.StartAsync(new LambdaService { Unary = (_, _) => Task.FromResult(new SimpleResponse()) });
        var response = await RawGrpc.PostAsync(
            server.Address, RawGrpc.UnaryPath, RawGrpc.Frame(new SimpleRequest()), headers: ("grpc-timeout", "100S"));
        Assert.Equal("0", response.GrpcStatus);
    }

    [Fact]
    public async Task ManyCalls_DeadlineRacesTheResponse_EndEitherWayButAlwaysEnd()
    {
        await using var server = await TestServer.StartAsync(new LambdaService
        {
            Unary = async (_, context) =>
            {
                await Task.Delay(5, CancellationToken.None);
                return new SimpleResponse();
            },
        });
        using var channel = server.CreateChannel();
        var client = new TestService.TestServiceClient(channel);

        var codes = await Task.WhenAll(Enumerable.Range(0, 200).Select(async i =>
        {
            try
            {
                await client.UnaryCallAsync(new SimpleRequest(), deadline: DateTime.UtcNow.AddMilliseconds(i % 20));
                return StatusCode.OK;
            }
            catch (RpcException exception)
            {
                return exception.StatusCode;
            }
        })).WaitAsync(Patience, TestContext.Current.CancellationToken);

        Assert.All(codes, code => Assert.True(code is StatusCode.OK or StatusCode.DeadlineExceeded, code.ToString()));
        await client.UnaryCallAsync(new SimpleRequest(), cancellationToken: TestContext.Current.CancellationToken);
    }

    /// <summary>The response to the first call whose timeout left the handler the time to come as far as it should, however slow it is.</summary>
    private static async Task<RawResponse> PostLongEnoughAsync(TestServer server, string path, IMessage request, Func<RawResponse, bool> hasComeFarEnough)
    {
        for (var timeoutMs = 100; ; timeoutMs *= 2)
        {
            // By hand, since a client with a deadline would cancel by itself.
            var response = await RawGrpc.PostAsync(server.Address, path, RawGrpc.Frame(request), headers: ("grpc-timeout", $"{timeoutMs}m"));
            if (hasComeFarEnough(response) || timeoutMs > Patience.TotalMilliseconds)
            {
                return response;
            }
        }
    }
}
