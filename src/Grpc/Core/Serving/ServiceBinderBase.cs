namespace Grpc.Core;

/// <summary>Takes the methods of a service from the <c>BindService</c> that Grpc.Tools generates
/// (https://grpc.io/docs/what-is-grpc/core-concepts/#using-the-api).</summary>
public class ServiceBinderBase
{
    /// <summary>Takes a unary method.</summary>
    public virtual void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler)
        where TRequest : class
        where TResponse : class => throw NotOverridden();

    /// <summary>Takes a method with a stream of requests.</summary>
    public virtual void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler)
        where TRequest : class
        where TResponse : class => throw NotOverridden();

    /// <summary>Takes a method with a stream of responses.</summary>
    public virtual void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler)
        where TRequest : class
        where TResponse : class => throw NotOverridden();

    /// <summary>Takes a method with a stream each way.</summary>
    public virtual void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler)
        where TRequest : class
        where TResponse : class => throw NotOverridden();

    private static NotSupportedException NotOverridden() => new("This binder does not take methods of this kind.");
}
