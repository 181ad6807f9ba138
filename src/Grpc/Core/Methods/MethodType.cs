namespace Grpc.Core;

/// <summary>Which side of a method streams (https://grpc.io/docs/what-is-grpc/core-concepts/#rpc-life-cycle).</summary>
public enum MethodType
{
    /// <summary>One request, one response.</summary>
    Unary,

    /// <summary>Any number of requests, one response.</summary>
    ClientStreaming,

    /// <summary>One request, any number of responses.</summary>
    ServerStreaming,

    /// <summary>Any number of both, independently.</summary>
    DuplexStreaming,
}
