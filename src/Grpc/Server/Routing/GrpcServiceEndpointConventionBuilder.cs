namespace Microsoft.AspNetCore.Builder;

/// <summary>Adds conventions to all endpoints of a service, e.g. authorization
/// (https://learn.microsoft.com/aspnet/core/fundamentals/routing#endpoints).</summary>
public sealed class GrpcServiceEndpointConventionBuilder : IEndpointConventionBuilder
{
    private readonly IEndpointConventionBuilder[] _endpoints;

    internal GrpcServiceEndpointConventionBuilder(IEndpointConventionBuilder[] endpoints) => _endpoints = endpoints;

    /// <inheritdoc />
    public void Add(Action<EndpointBuilder> convention)
    {
        foreach (var endpoint in _endpoints)
        {
            endpoint.Add(convention);
        }
    }

    /// <inheritdoc />
    public void Finally(Action<EndpointBuilder> finallyConvention)
    {
        foreach (var endpoint in _endpoints)
        {
            endpoint.Finally(finallyConvention);
        }
    }
}
