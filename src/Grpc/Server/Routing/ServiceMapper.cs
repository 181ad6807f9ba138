using System.Diagnostics.CodeAnalysis;
using Grpc.Core;
using Grpc.Internal.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Grpc.AspNetCore.Server;

/// <summary>Makes the endpoints of a service, and those that answer for what is not implemented.</summary>
internal static class ServiceMapper
{
    public const DynamicallyAccessedMemberTypes Accessibility =
        DynamicallyAccessedMemberTypes.PublicConstructors | DynamicallyAccessedMemberTypes.PublicMethods | DynamicallyAccessedMemberTypes.NonPublicMethods;

    public static IEndpointConventionBuilder[] Map<[DynamicallyAccessedMembers(Accessibility)] TService>(IEndpointRouteBuilder builder)
        where TService : class
    {
        var services = builder.ServiceProvider;
        var registry = services.GetRequiredService<ServiceRegistry>();
        var options = MethodOptions.Merge(
            services.GetRequiredService<IOptions<GrpcServiceOptions>>().Value,
            services.GetRequiredService<IOptions<GrpcServiceOptions<TService>>>().Value);
        var logger = services.GetRequiredService<ILoggerFactory>().CreateLogger("Grpc.AspNetCore.Server.ServerCallHandler");
        var binder = new ServiceBinder<TService>(options, logger);
        binder.Bind();

        var endpoints = new List<IEndpointConventionBuilder>();
        foreach (var bound in binder.Methods)
        {
            endpoints.Add(builder.Map(bound.Method.FullName, bound.Handler).Add(typeof(TService), bound));
        }

        if (registry.IsEmpty)
        {
            endpoints.Add(builder
                .Map($"{{service}}/{{method:{UnimplementedConstraint.Name}}}", http => AnswerUnimplementedAsync(http, "Service is unimplemented."))
                .WithDisplayName("gRPC - Unimplemented service"));
        }

        foreach (var serviceName in binder.Methods.Select(bound => bound.Method.ServiceName).Distinct(StringComparer.Ordinal))
        {
            if (registry.TryAdd(serviceName))
            {
                endpoints.Add(builder
                    .Map($"{serviceName}/{{method:{UnimplementedConstraint.Name}}}", http => AnswerUnimplementedAsync(http, "Method is unimplemented."))
                    .WithDisplayName($"gRPC - Unimplemented method for {serviceName}"));
            }
        }

        return [.. endpoints];
    }

    private static IEndpointConventionBuilder Add(this IEndpointConventionBuilder endpoint, Type serviceType, BoundMethod bound)
    {
        endpoint.Add(builder =>
        {
            builder.DisplayName = $"gRPC - {bound.Method.FullName}";
            builder.Metadata.Add(new GrpcMethodMetadata(serviceType, bound.Method));
            foreach (var item in bound.Metadata)
            {
                builder.Metadata.Add(item);
            }
        });
        return endpoint;
    }

    private static Task AnswerUnimplementedAsync(HttpContext http, string detail)
    {
        http.Response.ContentType = GrpcHeaders.ContentType;
        ResponseStatus.Write(http.Response.Headers, new Status(StatusCode.Unimplemented, detail));
        return Task.CompletedTask;
    }
}
