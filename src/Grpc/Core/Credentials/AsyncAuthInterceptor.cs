namespace Grpc.Core;

/// <summary>Adds credentials to the headers of a call (https://grpc.io/docs/guides/auth/).</summary>
public delegate Task AsyncAuthInterceptor(AuthInterceptorContext context, Metadata metadata);
