namespace Grpc.AspNetCore.Server;

/// <summary>Knows which services are mapped, so that what answers for the rest is mapped once.</summary>
internal sealed class ServiceRegistry
{
    private readonly HashSet<string> _serviceNames = new(StringComparer.Ordinal);

    public bool IsEmpty => _serviceNames.Count == 0;

    public bool TryAdd(string serviceName) => _serviceNames.Add(serviceName);
}
