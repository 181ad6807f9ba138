namespace Grpc.Core;

/// <summary>Base of the client stubs that Grpc.Tools generates, which knows the stub's own type
/// (https://grpc.io/docs/what-is-grpc/core-concepts/#using-the-api).</summary>
public abstract class ClientBase<T> : ClientBase
    where T : ClientBase<T>
{
    /// <summary>For test doubles: every call throws.</summary>
    protected ClientBase()
    {
    }

    /// <summary>A client with the configuration of another.</summary>
    protected ClientBase(ClientBaseConfiguration configuration)
        : base(configuration)
    {
    }

    /// <summary>A client that calls over this channel.</summary>
    public ClientBase(ChannelBase channel)
        : base(channel)
    {
    }

    /// <summary>A client that calls through this invoker.</summary>
    public ClientBase(CallInvoker callInvoker)
        : base(callInvoker)
    {
    }

    /// <summary>A client whose calls name this host.</summary>
    public T WithHost(string host) => NewInstance(Configuration.WithHost(host));

    /// <summary>A client of the stub's type with this configuration.</summary>
    protected abstract T NewInstance(ClientBaseConfiguration configuration);
}
