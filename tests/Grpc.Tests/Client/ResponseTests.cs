using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Testing;
using GuestTune.Grpc.Tests.Servers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace GuestTune.Grpc.Tests.Client;

public sealed class ResponseTests
{
    private static readonly byte[] GoodBody = RawGrpc.Frame(new SimpleResponse { Username = "me" });

    public static TheoryData<string, byte[], StatusCode> BadBodies => new()
    {
        { "no message", [], StatusCode.Internal },
        { "half a header", [0, 0, 0], StatusCode.Internal },
        { "half a message", GoodBody[..^1], StatusCode.Internal },
        { "two messages", [.. GoodBody, .. GoodBody], StatusCode.Internal },
        { "impossible flag", RawGrpc.Frame([8, 1], flag: 2), StatusCode.Internal },
        { "compressed as identity", RawGrpc.Frame([8, 1], flag: 1), StatusCode.Internal },
        { "larger than 4 MiB", RawGrpc.Frame([], length: (4 * 1024 * 1024) + 1), StatusCode.ResourceExhausted },
    };

    [Theory]
    [MemberData(nameof(BadBodies))]
    public async Task UnaryCall_BadBody_FailsWithStatus(string body, byte[] bytes, StatusCode expected)
    {
        var exception = await CallFailsAsync(http => AnswerAsync(http, bytes));
        Assert.True(expected == exception.StatusCode, $"{body}: {exception.Status}");
    }

    [Fact]
    public async Task UnaryCall_UnknownEncoding_IsUnimplemented()
    {
        var exception = await CallFailsAsync(http =>
        {
            http.Response.Headers["grpc-encoding"] = "br";
            return AnswerAsync(http, RawGrpc.Frame([8, 1], flag: 1));
        });
        Assert.Equal(StatusCode.Unimplemented, exception.StatusCode);
    }

    [Fact]
    public async Task UnaryCall_GzippedResponse_IsRead()
    {
        using var compressed = new MemoryStream();
        await using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(new SimpleResponse { Username = "me" }.ToByteArray());
        }

        await using var server = await TestServer.StartRawAsync(http =>
        {
            http.Response.Headers["grpc-encoding"] = "gzip";
            return AnswerAsync(http, RawGrpc.Frame(compressed.ToArray(), flag: 1));
        });
        using var channel = server.CreateChannel();
        var response = await Client(channel).UnaryCallAsync(new SimpleRequest(), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal("me", response.Username);
    }

    [Theory]
    [InlineData(400, StatusCode.Internal)]
    [InlineData(401, StatusCode.Unauthenticated)]
    [InlineData(403, StatusCode.PermissionDenied)]
    [InlineData(404, StatusCode.Unimplemented)]
    [InlineData(429, StatusCode.Unavailable)]
    [InlineData(431, StatusCode.Internal)]
    [InlineData(502, StatusCode.Unavailable)]
    [InlineData(503, StatusCode.Unavailable)]
    [InlineData(504, StatusCode.Unavailable)]
    [InlineData(418, StatusCode.Unknown)]
    [InlineData(500, StatusCode.Unknown)]
    public async Task UnaryCall_HttpError_MapsToStatus(int httpStatus, StatusCode expected)
    {
        var exception = await CallFailsAsync(http =>
        {
            http.Response.StatusCode = httpStatus;
            return Task.CompletedTask;
        });
        Assert.Equal(expected, exception.StatusCode);
    }

    [Fact]
    public async Task UnaryCall_StatusInHeadersOfHttpError_CountsMore()
    {
        var exception = await CallFailsAsync(http =>
        {
            http.Response.StatusCode = 503;
            http.Response.Headers["grpc-status"] = "7";
            http.Response.Headers["grpc-message"] = "no%20way";
            return Task.CompletedTask;
        });
        Assert.Equal(StatusCode.PermissionDenied, exception.StatusCode);
        Assert.Equal("no way", exception.Status.Detail);
    }

    [Theory]
    [InlineData("text/html")]
    [InlineData(null)]
    public async Task UnaryCall_OtherContentType_IsCancelled(string? contentType)
    {
        var exception = await CallFailsAsync(http =>
        {
            http.Response.ContentType = contentType;
            return http.Response.Body.WriteAsync(GoodBody).AsTask();
        });
        Assert.Equal(StatusCode.Cancelled, exception.StatusCode);
    }

    [Fact]
    public async Task UnaryCall_TrailersOnly_HasStatusMessageAndTrailers()
    {
        var exception = await CallFailsAsync(http =>
        {
            http.Response.ContentType = "application/grpc";
            http.Response.Headers["grpc-status"] = "5";
            http.Response.Headers["grpc-message"] = "100%25 %E2%98%BA";
            http.Response.Headers["why-bin"] = "q6s";
            return Task.CompletedTask;
        });
        Assert.Equal(StatusCode.NotFound, exception.StatusCode);
        Assert.Equal("100% ☺", exception.Status.Detail);
        Assert.Equal([0xab, 0xab], exception.Trailers.GetValueBytes("why-bin"));
    }

    [Fact]
    public async Task UnaryCall_TrailersOnlyWithOk_IsInternal()
    {
        var exception = await CallFailsAsync(http =>
        {
            http.Response.ContentType = "application/grpc";
            http.Response.Headers["grpc-status"] = "0";
            return Task.CompletedTask;
        });
        Assert.Equal(StatusCode.Internal, exception.StatusCode);
    }

    [Fact]
    public async Task ServerStreamingCall_TrailersOnlyWithOk_IsEmpty()
    {
        await using var server = await TestServer.StartRawAsync(http =>
        {
            http.Response.ContentType = "application/grpc";
            http.Response.Headers["grpc-status"] = "0";
            return Task.CompletedTask;
        });
        using var channel = server.CreateChannel();
        using var call = Client(channel).StreamingOutputCall(new StreamingOutputCallRequest(), cancellationToken: TestContext.Current.CancellationToken);
        Assert.False(await call.ResponseStream.MoveNext());
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("nonsense")]
    public async Task UnaryCall_NoGoodStatusInTrailers_IsCancelled(string? status)
    {
        var exception = await CallFailsAsync(http => AnswerAsync(http, GoodBody, status));
        Assert.Equal(StatusCode.Cancelled, exception.StatusCode);
    }

    [Fact]
    public async Task UnaryCall_StatusInTrailers_CountsMoreThanMessage()
    {
        var exception = await CallFailsAsync(http => AnswerAsync(http, GoodBody, "9"));
        Assert.Equal(StatusCode.FailedPrecondition, exception.StatusCode);
    }

    [Fact]
    public async Task UnaryCall_LaterStatusCode_IsPassedOn()
    {
        var exception = await CallFailsAsync(http => AnswerAsync(http, GoodBody, "99"));
        Assert.Equal(99, (int)exception.StatusCode);
    }

    [Theory]
    [InlineData(0x2, StatusCode.Internal)]
    [InlineData(0x8, StatusCode.Cancelled)]
    [InlineData(0xb, StatusCode.ResourceExhausted)]
    [InlineData(0xc, StatusCode.PermissionDenied)]
    public async Task UnaryCall_StreamReset_MapsToStatus(int errorCode, StatusCode expected)
    {
        var exception = await CallFailsAsync(http =>
        {
            http.Features.GetRequiredFeature<IHttpResetFeature>().Reset(errorCode);
            return Task.CompletedTask;
        });
        Assert.Equal(expected, exception.StatusCode);
    }

    [Fact]
    public async Task ServerStreamingCall_ResetAfterMessage_GivesMessageThenFails()
    {
        // A reset that comes before the message is read takes it away.
        var read = new TaskCompletionSource();
        await using var server = await TestServer.StartRawAsync(async http =>
        {
            http.Response.ContentType = "application/grpc";
            await http.Response.Body.WriteAsync(RawGrpc.Frame(new StreamingOutputCallResponse()));
            await http.Response.Body.FlushAsync();
            await http.Request.Body.CopyToAsync(Stream.Null);
            await read.Task;
            http.Features.GetRequiredFeature<IHttpResetFeature>().Reset(0x2);
        });
        using var channel = server.CreateChannel();
        using var call = Client(channel).StreamingOutputCall(new StreamingOutputCallRequest(), cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(await call.ResponseStream.MoveNext());
        read.SetResult();
        var exception = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext());
        Assert.Equal(StatusCode.Internal, exception.StatusCode);
        Assert.Equal(StatusCode.Internal, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task UnaryCall_NobodyListens_IsUnavailable()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var channel = GrpcChannel.ForAddress($"http://{socket.LocalEndPoint}");
        var exception = await Assert.ThrowsAsync<RpcException>(() => Client(channel).UnaryCallAsync(new SimpleRequest()).ResponseAsync);
        Assert.Equal(StatusCode.Unavailable, exception.StatusCode);
    }

    [Fact]
    public async Task UnaryCall_Sends_WhatTheSpecificationWants()
    {
        Dictionary<string, string>? headers = null;
        string? protocol = null;
        byte[]? body = null;
        await using var server = await TestServer.StartRawAsync(async http =>
        {
            headers = http.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
            protocol = $"{http.Request.Method} {http.Request.Path} {http.Request.Protocol}";
            using var buffer = new MemoryStream();
            await http.Request.Body.CopyToAsync(buffer);
            body = buffer.ToArray();
            await AnswerAsync(http, GoodBody);
        });
        using var channel = server.CreateChannel();
        var request = new SimpleRequest { ResponseSize = 7 };

        await Client(channel).UnaryCallAsync(
            request,
            new Metadata { { "key", "value" }, { "bytes-bin", [0xab, 0xab] } },
            DateTime.UtcNow.AddMinutes(2),
            TestContext.Current.CancellationToken);

        Assert.Equal("POST /grpc.testing.TestService/UnaryCall HTTP/2", protocol);
        Assert.Equal("application/grpc", headers!["content-type"]);
        Assert.Equal("trailers", headers["te"]);
        Assert.StartsWith("grpc-dotnet", headers["user-agent"], StringComparison.Ordinal);
        Assert.Contains("gzip", headers["grpc-accept-encoding"], StringComparison.Ordinal);
        Assert.Equal("value", headers["key"]);
        Assert.Equal("q6s", headers["bytes-bin"].TrimEnd('='));
        Assert.Matches("^[0-9]{1,8}[HMSmun]$", headers["grpc-timeout"]);
        Assert.Equal(RawGrpc.Frame(request), body);
    }

    private static TestService.TestServiceClient Client(GrpcChannel channel) => new(channel);

    private static async Task AnswerAsync(HttpContext http, byte[] body, string? status = "0")
    {
        http.Response.ContentType = "application/grpc";
        await http.Response.Body.WriteAsync(body);
        await http.Response.Body.FlushAsync();
        if (status is not null)
        {
            http.Response.AppendTrailer("grpc-status", status);
        }
    }

    private static async Task<RpcException> CallFailsAsync(RequestDelegate answer)
    {
        await using var server = await TestServer.StartRawAsync(answer);
        using var channel = server.CreateChannel();
        using var call = Client(channel).UnaryCallAsync(new SimpleRequest(), cancellationToken: TestContext.Current.CancellationToken);
        var exception = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);
        Assert.Equal(exception.Status.StatusCode, call.GetStatus().StatusCode);
        return exception;
    }
}
