namespace Grpc.Core;

/// <summary>A way to a server, from which client stubs are made (https://grpc.io/docs/what-is-grpc/core-concepts/#channels).</summary>
public abstract class ChannelBase
{
    /// <summary>A channel to this target.</summary>
    protected ChannelBase(string target)
    {
        ArgumentNullException.ThrowIfNull(target);
        Target = target;
    }

    /// <summary>What the channel was made for, e.g. "localhost:5000".</summary>
    public string Target { get; }

    /// <summary>The invoker that makes calls over this channel.</summary>
    public abstract CallInvoker CreateCallInvoker();

    /// <summary>Ends the channel.</summary>
    public Task ShutdownAsync() => ShutdownAsyncCore();

    /// <summary>What <see cref="ShutdownAsync"/> does.</summary>
    protected virtual Task ShutdownAsyncCore() => Task.CompletedTask;
}
