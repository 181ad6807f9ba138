using System.IO.Compression;
using System.Net;
using Google.Protobuf;
using Grpc.Testing;
using GuestTune.Grpc.Tests.Servers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace GuestTune.Grpc.Tests.Server;

public sealed class RequestTests
{
    private static readonly byte[] GoodBody = RawGrpc.Frame(new SimpleRequest { ResponseSize = 10 });

    public static TheoryData<string, byte[], string, string> BadBodies => new()
    {
        { "no message", [], "", "13" },
        { "half a header", [0, 0, 0], "", "13" },
        { "half a message", GoodBody[..^1], "", "13" },
        { "two messages", [.. GoodBody, .. GoodBody], "", "13" },
        { "a message and a byte", [.. GoodBody, 0], "", "13" },
        { "compressed without an encoding", RawGrpc.Frame([8, 1], flag: 1), "", "13" },
        { "compressed as identity", RawGrpc.Frame([8, 1], flag: 1), "identity", "13" },
        { "compressed as nothing known", RawGrpc.Frame([8, 1], flag: 1), "br", "12" },
        { "larger than 4 MiB", RawGrpc.Frame([], length: (4 * 1024 * 1024) + 1), "", "8" },
    };

    [Theory]
    [MemberData(nameof(BadBodies))]
    public async Task Post_BadBody_EndsWithStatus(string body, byte[] bytes, string encoding, string status)
    {
        await using var server = await StartAsync();

        var response = await RawGrpc.PostAsync(
            server.Address, RawGrpc.UnaryPath, bytes, headers: encoding.Length == 0 ? [] : [("grpc-encoding", encoding)]);

        Assert.Equal(HttpStatusCode.OK, response.HttpStatus);
        Assert.True(status == response.GrpcStatus, $"{body}: {response.GrpcStatus} {response.Find("grpc-message")}");
        Assert.Empty(response.Body);
    }

    [Theory]
    [InlineData((byte)2, 2u)]
    [InlineData((byte)0, uint.MaxValue)]
    public async Task Post_ImpossibleHeader_Fails(byte flag, uint length)
    {
        await using var server = await StartAsync();
        var response = await RawGrpc.PostAsync(server.Address, RawGrpc.UnaryPath, RawGrpc.Frame([8, 1], flag, length));
        Assert.NotEqual("0", response.GrpcStatus);
        Assert.Empty(response.Body);
    }

    [Fact]
    public async Task Post_UnknownEncoding_NamesTheSupportedOnes()
    {
        await using var server = await StartAsync();
        var response = await RawGrpc.PostAsync(
            server.Address, RawGrpc.UnaryPath, RawGrpc.Frame([8, 1], flag: 1), headers: ("grpc-encoding", "br"));
        var accepted = Assert.Contains("grpc-accept-encoding", response.Headers).Split(',');
        Assert.Contains("gzip", accepted);
        Assert.Contains("identity", accepted);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task Post_Compressed_IsRead(string encoding)
    {
        await using var server = await StartAsync();
        using var compressed = new MemoryStream();
        await using (Stream compression = encoding == "gzip"
            ? new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true)
            : new ZLibStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            compression.Write(new SimpleRequest { ResponseSize = 10 }.ToByteArray());
        }

        var response = await RawGrpc.PostAsync(
            server.Address, RawGrpc.UnaryPath, RawGrpc.Frame(compressed.ToArray(), flag: 1), headers: ("grpc-encoding", encoding));

        Assert.Equal("0", response.GrpcStatus);
        Assert.Equal(10, SimpleResponse.Parser.ParseFrom(response.Body, 5, response.Body.Length - 5).Payload.Body.Length);
    }

    [Fact]
    public async Task Post_DecompressedPastTheLimit_EndsWithResourceExhausted()
    {
        // The stock packages have no such limit.
        Assert.SkipUnless(
            typeof(global::Grpc.Net.Client.GrpcChannel).Assembly.GetName().Name == "GuestTune.Grpc", "Only the built-in stack bounds decompression.");
        await using var server = await StartAsync();
        using var compressed = new MemoryStream();
        await using (var compression = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            compression.Write(new SimpleRequest { Payload = new Payload { Body = ByteString.CopyFrom(new byte[5 * 1024 * 1024]) } }.ToByteArray());
        }

        var response = await RawGrpc.PostAsync(
            server.Address, RawGrpc.UnaryPath, RawGrpc.Frame(compressed.ToArray(), flag: 1), headers: ("grpc-encoding", "gzip"));

        Assert.Equal("8", response.GrpcStatus);
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/grpcish")]
    [InlineData(null)]
    public async Task Post_OtherContentType_IsUnsupportedMediaType(string? contentType)
    {
        await using var server = await StartAsync();
        var response = await RawGrpc.PostAsync(server.Address, RawGrpc.UnaryPath, GoodBody, contentType);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.HttpStatus);
        Assert.Equal("13", response.GrpcStatus);
    }

    [Theory]
    [InlineData("application/grpc")]
    [InlineData("application/grpc+proto")]
    [InlineData("application/grpc; charset=utf-8")]
    public async Task Post_GrpcContentType_Succeeds(string contentType)
    {
        await using var server = await StartAsync();
        var response = await RawGrpc.PostAsync(server.Address, RawGrpc.UnaryPath, GoodBody, contentType);
        Assert.Equal("0", Assert.Contains("grpc-status", response.Trailers));
        Assert.Equal(5 + new SimpleResponse { Payload = new Payload { Body = ByteString.CopyFrom(new byte[10]) } }.CalculateSize(), response.Body.Length);
    }

    [Fact]
    public async Task Post_OverHttp11_AsksForHttp2()
    {
        await using var server = await TestServer.StartAsync(app => app.MapGrpcService<InteropService>(), protocols: HttpProtocols.Http1);
        var response = await RawGrpc.PostAsync(server.Address, RawGrpc.UnaryPath, GoodBody, version: HttpVersion.Version11);
        Assert.Equal(HttpStatusCode.UpgradeRequired, response.HttpStatus);
    }

    [Theory]
    [InlineData("/grpc.testing.TestService/Nothing")]
    [InlineData("/grpc.testing.Nothing/UnaryCall")]
    public async Task Post_UnknownPath_IsUnimplemented(string path)
    {
        await using var server = await StartAsync();
        var response = await RawGrpc.PostAsync(server.Address, path, GoodBody);
        Assert.Equal(HttpStatusCode.OK, response.HttpStatus);
        Assert.Equal("12", Assert.Contains("grpc-status", response.Headers));
    }

    [Fact]
    public async Task Post_UnknownPathWithoutGrpc_IsNotFound()
    {
        await using var server = await StartAsync();
        var response = await RawGrpc.PostAsync(server.Address, "/nothing/here", GoodBody, "application/json");
        Assert.Equal(HttpStatusCode.NotFound, response.HttpStatus);
    }

    [Theory]
    [InlineData("S")]
    [InlineData("10")]
    [InlineData("10x")]
    [InlineData("-1S")]
    [InlineData("1 S")]
    [InlineData("0m")]
    [InlineData("123456789S")]
    [InlineData("99999999H")]
    public async Task Post_OddTimeout_DoesNotHurt(string timeout)
    {
        await using var server = await StartAsync();
        var response = await RawGrpc.PostAsync(server.Address, RawGrpc.UnaryPath, GoodBody, headers: ("grpc-timeout", timeout));
        Assert.Equal("0", response.GrpcStatus);
    }

    [Theory]
    [InlineData("q6ur")]
    [InlineData("q6s=")]
    [InlineData("q6s")]
    [InlineData("qw==")]
    [InlineData("qw")]
    public async Task Post_BinaryMetadata_IsReadWithAndWithoutPadding(string base64)
    {
        await using var server = await StartAsync();
        var response = await RawGrpc.PostAsync(server.Address, RawGrpc.UnaryPath, GoodBody, headers: (InteropService.EchoTrailing, base64));
        Assert.Equal("0", response.GrpcStatus);
        Assert.Equal(base64.TrimEnd('='), Assert.Contains(InteropService.EchoTrailing, response.Trailers).TrimEnd('='));
    }

    [Theory]
    [InlineData("q")]
    [InlineData("q6u!")]
    public async Task Post_BinaryMetadataThatIsNotBase64_Fails(string header)
    {
        await using var server = await StartAsync();
        var response = await RawGrpc.PostAsync(server.Address, RawGrpc.UnaryPath, GoodBody, headers: (InteropService.EchoTrailing, header));
        Assert.Equal("2", response.GrpcStatus);
    }

    private static Task<TestServer> StartAsync() => TestServer.StartAsync(app => app.MapGrpcService<InteropService>());
}
