using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server;

/// <summary>Gives each call its service object: the registered service, or a new one that is disposed after the call.</summary>
internal sealed class ServiceActivator<[DynamicallyAccessedMembers(ServiceMapper.Accessibility)] TService>
    where TService : class
{
    private ObjectFactory<TService>? _factory;

    public TService Create(IServiceProvider services, out bool isOwned)
    {
        if (services.GetService<TService>() is { } service)
        {
            isOwned = false;
            return service;
        }

        isOwned = true;

        // Two calls may both make the factory: a waste, and no harm.
        _factory ??= ActivatorUtilities.CreateFactory<TService>(Type.EmptyTypes);
        return _factory(services, []);
    }
}
