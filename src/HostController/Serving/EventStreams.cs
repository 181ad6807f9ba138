using Grpc.Core;
using GuestTune.Controller.V1;

namespace GuestTune.Controller.Serving;

/// <summary>Sends what a call answers of its VMs, for all services that do.</summary>
internal static class EventStreams
{
    public static async Task SendAsync(IAsyncEnumerable<VmEvent> events, IServerStreamWriter<VmEvent> responseStream, ServerCallContext context)
    {
        await foreach (var one in events)
        {
            await responseStream.WriteAsync(one, context.CancellationToken);
        }
    }
}
