using Grpc.Core;
using Grpc.Health.V1;
using GuestTune.Grpc.Tests.Servers;
using GuestTune.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using HealthClient = Grpc.Health.V1.Health.HealthClient;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace GuestTune.Grpc.Tests.Health;

public sealed class HealthServiceTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Check_KnownService_GivesItsStatus()
    {
        var health = new HealthService();
        health.SetStatus("a.B", ServingStatus.NotServing);
        await using var server = await StartAsync(health);
        using var channel = server.CreateChannel();
        var client = new HealthClient(channel);
        Assert.Equal(ServingStatus.NotServing, (await client.CheckAsync(Request("a.B"))).Status);
        health.SetStatus("a.B", ServingStatus.Serving);
        Assert.Equal(ServingStatus.Serving, (await client.CheckAsync(Request("a.B"))).Status);
    }

    [Fact]
    public async Task Check_UnknownService_IsNotFound()
    {
        await using var server = await StartAsync(new HealthService());
        using var channel = server.CreateChannel();
        var exception = await Assert.ThrowsAsync<RpcException>(() => new HealthClient(channel).CheckAsync(Request("nothing")).ResponseAsync);
        Assert.Equal(StatusCode.NotFound, exception.StatusCode);
    }

    [Fact]
    public async Task Watch_UnknownService_SaysSoAndThenWhatItBecomes()
    {
        var health = new HealthService();
        await using var server = await StartAsync(health);
        using var channel = server.CreateChannel();
        using var call = new HealthClient(channel).Watch(Request("a.B"), deadline: DateTime.UtcNow + Patience);
        Assert.Equal(ServingStatus.ServiceUnknown, await NextAsync(call));
        health.SetStatus("other", ServingStatus.NotServing);
        health.SetStatus("a.B", ServingStatus.Serving);
        Assert.Equal(ServingStatus.Serving, await NextAsync(call));
        health.SetStatus("a.B", ServingStatus.NotServing);
        Assert.Equal(ServingStatus.NotServing, await NextAsync(call));
    }

    [Fact]
    public async Task EndWatches_WatchUnderWay_EndsItWithUnavailable()
    {
        var health = new HealthService();
        await using var server = await StartAsync(health);
        using var channel = server.CreateChannel();
        using var call = new HealthClient(channel).Watch(Request(string.Empty), deadline: DateTime.UtcNow + Patience);
        Assert.Equal(ServingStatus.ServiceUnknown, await NextAsync(call));
        health.EndWatches();
        var exception = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext());
        Assert.Equal(StatusCode.Unavailable, exception.StatusCode);
    }

    [Fact]
    public void SetStatus_ServiceUnknown_IsRefused() =>
        Assert.Throws<ArgumentException>(() => new HealthService().SetStatus("a.B", ServingStatus.ServiceUnknown));

    private static Task<TestServer> StartAsync(HealthService health) =>
        TestServer.StartAsync(app => app.MapGrpcService<HealthService>(), services => services.AddSingleton(health));

    private static HealthCheckRequest Request(string service) => new() { Service = service };

    private static async Task<ServingStatus> NextAsync(AsyncServerStreamingCall<HealthCheckResponse> call)
    {
        Assert.True(await call.ResponseStream.MoveNext());
        return call.ResponseStream.Current.Status;
    }
}
