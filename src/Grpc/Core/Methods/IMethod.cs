namespace Grpc.Core;

/// <summary>A method without its message types
/// (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests, Path).</summary>
public interface IMethod
{
    /// <summary>Which side streams.</summary>
    MethodType Type { get; }

    /// <summary>Full name of the service, e.g. "grpc.health.v1.Health".</summary>
    string ServiceName { get; }

    /// <summary>Name of the method in its service.</summary>
    string Name { get; }

    /// <summary>The HTTP path: "/service/method".</summary>
    string FullName { get; }
}
