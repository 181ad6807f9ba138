namespace GuestTune.Controller.Channel;

/// <summary>The right to use a link until it is disposed of.</summary>
internal sealed class LinkLease(AgentLink link, Func<ValueTask> release) : IAsyncDisposable
{
    private int _released;

    public AgentLink Link { get; } = link;

    public ValueTask DisposeAsync() => Interlocked.Exchange(ref _released, 1) == 0 ? release() : ValueTask.CompletedTask;
}
