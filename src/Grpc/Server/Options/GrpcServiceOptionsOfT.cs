namespace Grpc.AspNetCore.Server;

/// <summary>Options of one service, which come before those of all services
/// (https://learn.microsoft.com/aspnet/core/grpc/configuration).</summary>
public class GrpcServiceOptions<TService> : GrpcServiceOptions
    where TService : class
{
}
