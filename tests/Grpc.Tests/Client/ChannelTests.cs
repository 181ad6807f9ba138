using System.Net.Sockets;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Testing;
using GuestTune.Grpc.Tests.Servers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace GuestTune.Grpc.Tests.Client;

public sealed class ChannelTests
{
    [Fact]
    public void ForAddress_ClientAndHandler_Throws()
    {
        using var client = new HttpClient();
        using var handler = new SocketsHttpHandler();
        Assert.Throws<ArgumentException>(() => GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions { HttpClient = client, HttpHandler = handler }));
    }

    [Theory]
    [InlineData("https://localhost", false)]
    [InlineData("http://localhost", true)]
    public void ForAddress_CredentialsAgainstScheme_Throws(string address, bool isSecure) => Assert.Throws<InvalidOperationException>(
        () => GrpcChannel.ForAddress(address, new GrpcChannelOptions { Credentials = isSecure ? ChannelCredentials.SecureSsl : ChannelCredentials.Insecure }));

    [Fact]
    public void ForAddress_Target_IsTheAuthority()
    {
        using var channel = GrpcChannel.ForAddress("http://localhost:1234");
        Assert.Equal("localhost:1234", channel.Target);
    }

    [Fact]
    public async Task Call_WithHttpClient_Succeeds()
    {
        await using var server = await TestServer.StartAsync(app => app.MapGrpcService<InteropService>());
        using var http = new HttpClient();
        using var channel = server.CreateChannel(options => options.HttpClient = http);
        using var call = new TestService.TestServiceClient(channel).FullDuplexCall(cancellationToken: TestContext.Current.CancellationToken);
        await call.RequestStream.WriteAsync(new StreamingOutputCallRequest { ResponseParameters = { new ResponseParameters { Size = 5 } } });
        Assert.True(await call.ResponseStream.MoveNext());
        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext());
    }

    [Fact]
    public async Task Call_OverUnixSocketWithConnectCallback_Succeeds()
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(path, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        await using var app = builder.Build();
        app.MapGrpcService<InteropService>();
        await app.StartAsync(TestContext.Current.CancellationToken);
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        using var channel = GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions { HttpHandler = handler, Credentials = ChannelCredentials.Insecure });
        var response = await new TestService.TestServiceClient(channel).UnaryCallAsync(
            new SimpleRequest { ResponseSize = 3 }, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(3, response.Payload.Body.Length);
    }

    [Fact]
    public async Task Call_CompressedByRequest_IsReadByTheServer()
    {
        await using var server = await TestServer.StartAsync(new LambdaService
        {
            Unary = (request, context) => Task.FromResult(new SimpleResponse { Username = request.Payload.Body.Length.ToString() }),
        });
        using var channel = server.CreateChannel();
        var response = await new TestService.TestServiceClient(channel).UnaryCallAsync(
            new SimpleRequest { Payload = new Payload { Body = ByteString.CopyFrom(new byte[5000]) } },
            new Metadata { { "grpc-internal-encoding-request", "gzip" } },
            cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal("5000", response.Username);
    }

    [Fact]
    public async Task Calls_ManyAtOnce_ShareTheConnection()
    {
        await using var server = await TestServer.StartAsync(app => app.MapGrpcService<InteropService>());
        using var channel = server.CreateChannel();
        var client = new TestService.TestServiceClient(channel);
        var responses = await Task.WhenAll(Enumerable.Range(0, 500).Select(
            size => client.UnaryCallAsync(new SimpleRequest { ResponseSize = size }, deadline: DateTime.UtcNow.AddMinutes(2)).ResponseAsync));
        Assert.Equal(Enumerable.Range(0, 500), responses.Select(response => response.Payload.Body.Length));
    }
}
