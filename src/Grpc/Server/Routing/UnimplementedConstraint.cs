using Grpc.Internal.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Grpc.AspNetCore.Server;

/// <summary>Keeps the answer UNIMPLEMENTED to gRPC requests: any other request to an unknown path is none of its business.</summary>
internal sealed class UnimplementedConstraint : IRouteConstraint
{
    public const string Name = "grpcunimplemented";

    public bool Match(HttpContext? httpContext, IRouter? route, string routeKey, RouteValueDictionary values, RouteDirection routeDirection) =>
        httpContext is null
        || (HttpMethods.IsPost(httpContext.Request.Method) && GrpcHeaders.IsGrpcContentType(httpContext.Request.ContentType));
}
