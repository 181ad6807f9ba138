using System.Diagnostics.CodeAnalysis;

namespace Grpc.Core;

/// <summary>On the generated base class of a service: names the method that binds it, so that a server finds it without guessing
/// (https://grpc.io/docs/what-is-grpc/core-concepts/#using-the-api).</summary>
[AttributeUsage(AttributeTargets.Class)]
public class BindServiceMethodAttribute : Attribute
{
    private const DynamicallyAccessedMemberTypes BindTypeAccessibility = DynamicallyAccessedMemberTypes.PublicMethods;

    /// <summary>Names the method.</summary>
    public BindServiceMethodAttribute([DynamicallyAccessedMembers(BindTypeAccessibility)] Type bindType, string bindMethodName)
    {
        BindType = bindType;
        BindMethodName = bindMethodName;
    }

    /// <summary>The type that has the method.</summary>
    [DynamicallyAccessedMembers(BindTypeAccessibility)]
    public Type BindType { get; }

    /// <summary>The name of the method.</summary>
    public string BindMethodName { get; }
}
