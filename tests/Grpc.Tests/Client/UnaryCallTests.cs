using Google.Protobuf;
using Grpc.Core;
using Grpc.Testing;
using GuestTune.Grpc.Tests.Servers;
using Microsoft.AspNetCore.Builder;

namespace GuestTune.Grpc.Tests.Client;

public sealed class UnaryCallTests
{
    [Fact]
    public async Task UnaryCall_WithPayload_GetsPayload()
    {
        await using var server = await TestServer.StartAsync(app => app.MapGrpcService<InteropService>());
        using var channel = server.CreateChannel();
        var client = new TestService.TestServiceClient(channel);

        using var call = client.UnaryCallAsync(new SimpleRequest { ResponseSize = 1000, Payload = new Payload { Body = ByteString.CopyFrom(new byte[10]) } });
        var response = await call;

        Assert.Equal(1000, response.Payload.Body.Length);
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
        Assert.Empty(call.GetTrailers());
    }

    [Fact]
    public async Task DuplexCall_PingPong_AnswersEach()
    {
        await using var server = await TestServer.StartAsync(app => app.MapGrpcService<InteropService>());
        using var channel = server.CreateChannel();
        var client = new TestService.TestServiceClient(channel);

        using var call = client.FullDuplexCall();
        for (var i = 1; i < 10; i++)
        {
            await call.RequestStream.WriteAsync(new StreamingOutputCallRequest { ResponseParameters = { new ResponseParameters { Size = i } } });
            Assert.True(await call.ResponseStream.MoveNext());
            Assert.Equal(i, call.ResponseStream.Current.Payload.Body.Length);
        }

        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext());
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }
}
