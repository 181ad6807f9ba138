using Grpc.Core;
using Grpc.Testing;

namespace GuestTune.Grpc.Tests.Server;

/// <summary>Tells when it is made and disposed.</summary>
internal sealed class CountingService : TestService.TestServiceBase, IAsyncDisposable
{
    private readonly ServiceCounter _counter;

    public CountingService(ServiceCounter counter)
    {
        _counter = counter;
        counter.Made++;
    }

    public override Task<Empty> EmptyCall(Empty request, ServerCallContext context) => Task.FromResult(request);

    public ValueTask DisposeAsync()
    {
        _counter.Disposed++;
        return default;
    }
}
