using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Testing;
using GuestTune.Grpc.Tests.Servers;

namespace GuestTune.Grpc.Tests.Interop;

/// <summary>Our client in the cases of https://github.com/grpc/grpc/blob/master/doc/interop-test-descriptions.md.</summary>
internal sealed class InteropClient
{
    private static readonly int[] RequestSizes = [27182, 8, 1828, 45904];
    private static readonly int[] ResponseSizes = [31415, 9, 2653, 58979];
    private static readonly byte[] EchoedTrailer = [0xab, 0xab, 0xab];

    private readonly GrpcChannel _channel;
    private readonly TestService.TestServiceClient _client;

    private InteropClient(GrpcChannel channel)
    {
        _channel = channel;
        _client = new TestService.TestServiceClient(channel);
    }

    // So that a peer that hangs fails its test.
    private static DateTime Deadline => DateTime.UtcNow.AddMinutes(2);

    public static async Task RunAsync(Uri server, string testCase)
    {
        using var channel = GrpcChannel.ForAddress(server);
        var client = new InteropClient(channel);
        await (testCase switch
        {
            "empty_unary" => client.EmptyUnaryAsync(),
            "large_unary" => client.LargeUnaryAsync(),
            "client_streaming" => client.ClientStreamingAsync(),
            "server_streaming" => client.ServerStreamingAsync(),
            "ping_pong" => client.PingPongAsync(),
            "empty_stream" => client.EmptyStreamAsync(),
            "cancel_after_begin" => client.CancelAfterBeginAsync(),
            "cancel_after_first_response" => client.CancelAfterFirstResponseAsync(),
            "timeout_on_sleeping_server" => client.TimeoutOnSleepingServerAsync(),
            "custom_metadata" => client.CustomMetadataAsync(),
            "status_code_and_message" => client.StatusCodeAndMessageAsync(),
            "special_status_message" => client.SpecialStatusMessageAsync(),
            "unimplemented_method" => client.UnimplementedMethodAsync(),
            "unimplemented_service" => client.UnimplementedServiceAsync(),
            _ => throw new ArgumentOutOfRangeException(nameof(testCase), testCase, "There is no such case."),
        });
    }

    private static Payload Zeros(int size) => new() { Body = ByteString.CopyFrom(new byte[size]) };

    private static SimpleRequest LargeRequest() => new() { ResponseSize = 314159, Payload = Zeros(271828) };

    private static StreamingOutputCallRequest DuplexRequest(int requestSize, int responseSize) =>
        new() { Payload = Zeros(requestSize), ResponseParameters = { new ResponseParameters { Size = responseSize } } };

    private static Metadata Echoing() => new()
    {
        { InteropService.EchoInitial, "test_initial_metadata_value" },
        { InteropService.EchoTrailing, EchoedTrailer },
    };

    private static void AssertEchoed(Metadata headers, Metadata trailers)
    {
        Assert.Equal("test_initial_metadata_value", headers.GetValue(InteropService.EchoInitial));
        Assert.Equal(EchoedTrailer, trailers.GetValueBytes(InteropService.EchoTrailing));
    }

    private static async Task<int[]> ReadSizesAsync(IAsyncStreamReader<StreamingOutputCallResponse> responses)
    {
        var sizes = new List<int>();
        await foreach (var response in responses.ReadAllAsync())
        {
            sizes.Add(response.Payload.Body.Length);
        }

        return [.. sizes];
    }

    private async Task EmptyUnaryAsync() => Assert.Equal(new Empty(), await _client.EmptyCallAsync(new Empty(), deadline: Deadline));

    private async Task LargeUnaryAsync()
    {
        var response = await _client.UnaryCallAsync(LargeRequest(), deadline: Deadline);
        Assert.Equal(Zeros(314159).Body, response.Payload.Body);
    }

    private async Task ClientStreamingAsync()
    {
        using var call = _client.StreamingInputCall(deadline: Deadline);
        foreach (var size in RequestSizes)
        {
            await call.RequestStream.WriteAsync(new StreamingInputCallRequest { Payload = Zeros(size) });
        }

        await call.RequestStream.CompleteAsync();
        Assert.Equal(74922, (await call).AggregatedPayloadSize);
    }

    private async Task ServerStreamingAsync()
    {
        var request = new StreamingOutputCallRequest();
        request.ResponseParameters.AddRange(ResponseSizes.Select(size => new ResponseParameters { Size = size }));
        using var call = _client.StreamingOutputCall(request, deadline: Deadline);
        Assert.Equal(ResponseSizes, await ReadSizesAsync(call.ResponseStream));
    }

    private async Task PingPongAsync()
    {
        using var call = _client.FullDuplexCall(deadline: Deadline);
        foreach (var (requestSize, responseSize) in RequestSizes.Zip(ResponseSizes))
        {
            await call.RequestStream.WriteAsync(DuplexRequest(requestSize, responseSize));
            Assert.True(await call.ResponseStream.MoveNext());
            Assert.Equal(responseSize, call.ResponseStream.Current.Payload.Body.Length);
        }

        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext());
    }

    private async Task EmptyStreamAsync()
    {
        using var call = _client.FullDuplexCall(deadline: Deadline);
        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext());
    }

    private async Task CancelAfterBeginAsync()
    {
        using var cancellation = new CancellationTokenSource();
        using var call = _client.StreamingInputCall(deadline: Deadline, cancellationToken: cancellation.Token);
        await cancellation.CancelAsync();
        var exception = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);
        Assert.Equal(StatusCode.Cancelled, exception.StatusCode);
    }

    private async Task CancelAfterFirstResponseAsync()
    {
        using var cancellation = new CancellationTokenSource();
        using var call = _client.FullDuplexCall(deadline: Deadline, cancellationToken: cancellation.Token);
        await call.RequestStream.WriteAsync(DuplexRequest(27182, 31415));
        Assert.True(await call.ResponseStream.MoveNext());
        Assert.Equal(31415, call.ResponseStream.Current.Payload.Body.Length);
        await cancellation.CancelAsync();
        var exception = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext());
        Assert.Equal(StatusCode.Cancelled, exception.StatusCode);
    }

    private async Task TimeoutOnSleepingServerAsync()
    {
        using var call = _client.FullDuplexCall(deadline: DateTime.UtcNow.AddMilliseconds(1));
        try
        {
            await call.RequestStream.WriteAsync(new StreamingOutputCallRequest { Payload = Zeros(27182) });
        }
        catch (RpcException exception)
        {
            // The deadline may pass before the request is written.
            Assert.Equal(StatusCode.DeadlineExceeded, exception.StatusCode);
        }

        var late = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext());
        Assert.Equal(StatusCode.DeadlineExceeded, late.StatusCode);
    }

    private async Task CustomMetadataAsync()
    {
        using (var call = _client.UnaryCallAsync(LargeRequest(), Echoing(), Deadline))
        {
            Assert.Equal(314159, (await call).Payload.Body.Length);
            AssertEchoed(await call.ResponseHeadersAsync, call.GetTrailers());
        }

        using var duplex = _client.FullDuplexCall(Echoing(), Deadline);
        await duplex.RequestStream.WriteAsync(DuplexRequest(271828, 314159));
        await duplex.RequestStream.CompleteAsync();
        Assert.Equal(314159, Assert.Single(await ReadSizesAsync(duplex.ResponseStream)));
        AssertEchoed(await duplex.ResponseHeadersAsync, duplex.GetTrailers());
    }

    private async Task StatusCodeAndMessageAsync()
    {
        var status = new EchoStatus { Code = 2, Message = "test status message" };
        await AssertStatusAsync(status, () => _client.UnaryCallAsync(new SimpleRequest { ResponseStatus = status }, deadline: Deadline).ResponseAsync);

        using var call = _client.FullDuplexCall(deadline: Deadline);
        await call.RequestStream.WriteAsync(new StreamingOutputCallRequest { ResponseStatus = status });
        await AssertStatusAsync(status, () => call.ResponseStream.MoveNext());
    }

    private Task SpecialStatusMessageAsync()
    {
        var status = new EchoStatus { Code = 2, Message = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n" };
        return AssertStatusAsync(
            status, () => _client.UnaryCallAsync(new SimpleRequest { ResponseStatus = status }, deadline: Deadline).ResponseAsync);
    }

    private static async Task AssertStatusAsync(EchoStatus expected, Func<Task> call)
    {
        var exception = await Assert.ThrowsAsync<RpcException>(call);
        Assert.Equal((StatusCode)expected.Code, exception.StatusCode);
        Assert.Equal(expected.Message, exception.Status.Detail);
    }

    private async Task UnimplementedMethodAsync()
    {
        var exception = await Assert.ThrowsAsync<RpcException>(() => _client.UnimplementedCallAsync(new Empty(), deadline: Deadline).ResponseAsync);
        Assert.Equal(StatusCode.Unimplemented, exception.StatusCode);
    }

    private async Task UnimplementedServiceAsync()
    {
        var client = new UnimplementedService.UnimplementedServiceClient(_channel);
        var exception = await Assert.ThrowsAsync<RpcException>(() => client.UnimplementedCallAsync(new Empty(), deadline: Deadline).ResponseAsync);
        Assert.Equal(StatusCode.Unimplemented, exception.StatusCode);
    }
}
