using Grpc.Testing;
using GuestTune.Grpc.Tests.Servers;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace GuestTune.Grpc.Tests.Server;

public sealed class ServiceActivationTests
{
    [Fact]
    public async Task Service_NotRegistered_IsMadeAndDisposedForEachCall()
    {
        var counter = new ServiceCounter();
        await using var server = await TestServer.StartAsync(
            app => app.MapGrpcService<CountingService>(), services => services.AddSingleton(counter));
        await CallTwiceAsync(server);
        Assert.Equal((2, 2), (counter.Made, counter.Disposed));
    }

    [Fact]
    public async Task Service_Singleton_IsMadeOnce()
    {
        var counter = new ServiceCounter();
        await using var server = await TestServer.StartAsync(
            app => app.MapGrpcService<CountingService>(), services => services.AddSingleton(counter).AddSingleton<CountingService>());
        await CallTwiceAsync(server);
        Assert.Equal((1, 0), (counter.Made, counter.Disposed));
    }

    [Fact]
    public async Task MapGrpcService_WithoutAddGrpc_SaysWhatIsMissing()
    {
        await using var app = WebApplication.CreateSlimBuilder().Build();
        var exception = Assert.Throws<InvalidOperationException>(() => app.MapGrpcService<InteropService>());
        Assert.Contains("AddGrpc", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MapGrpcService_NotAService_Throws() =>
        await Assert.ThrowsAsync<InvalidOperationException>(() => TestServer.StartAsync(app => app.MapGrpcService<ServiceCounter>()));

    private static async Task CallTwiceAsync(TestServer server)
    {
        using var channel = server.CreateChannel();
        var client = new TestService.TestServiceClient(channel);
        await client.EmptyCallAsync(new Empty(), cancellationToken: TestContext.Current.CancellationToken);
        await client.EmptyCallAsync(new Empty(), cancellationToken: TestContext.Current.CancellationToken);
    }
}
