using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server;

/// <summary>Gives each call its service object: the registered service, or a new one that is disposed after the call.</summary>
internal sealed class ServiceActivator<[DynamicallyAccessedMembers(ServiceMapper.Accessibility)] TService>
    where TService : class
{
    private ObjectFactory<TService>? _factory;

    public PerCall<TService> Create(IServiceProvider services)
    {
        if (services.GetService<TService>() is { } service)
        {
            return new(service, isOwned: false);
        }

        // Two calls may both make the factory: a waste, and no harm.
        _factory ??= ActivatorUtilities.CreateFactory<TService>(Type.EmptyTypes);
        return new(_factory(services, []), isOwned: true);
    }
}
