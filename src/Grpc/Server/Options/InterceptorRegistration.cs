using System.Diagnostics.CodeAnalysis;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server;

/// <summary>An interceptor of a server, made for each call unless it is a service (https://grpc.io/docs/guides/interceptors/).</summary>
public class InterceptorRegistration
{
    internal const DynamicallyAccessedMemberTypes Accessibility =
        DynamicallyAccessedMemberTypes.PublicConstructors | DynamicallyAccessedMemberTypes.PublicMethods;

    private readonly object[] _arguments;
    private ObjectFactory? _factory;

    internal InterceptorRegistration([DynamicallyAccessedMembers(Accessibility)] Type type, object[] arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        if (Array.Exists(arguments, argument => argument is null))
        {
            throw new ArgumentException(
                "Interceptor arguments contains a null value. Null interceptor arguments are not supported.", nameof(arguments));
        }

        Type = type;
        _arguments = arguments;
    }

    /// <summary>Type of the interceptor.</summary>
    [DynamicallyAccessedMembers(Accessibility)]
    public Type Type { get; }

    /// <summary>Arguments for its constructor; services fill in the rest.</summary>
    public IReadOnlyList<object> Arguments => _arguments;

    internal PerCall<Interceptor> Create(IServiceProvider services)
    {
        if (_arguments.Length == 0 && services.GetService(Type) is Interceptor service)
        {
            return new(service, isOwned: false);
        }

        // Two calls may both make the factory: a waste, and no harm.
        _factory ??= ActivatorUtilities.CreateFactory(Type, Array.ConvertAll(_arguments, argument => argument.GetType()));
        return new((Interceptor)_factory(services, _arguments), isOwned: true);
    }
}
