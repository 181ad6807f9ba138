using System.Collections.ObjectModel;
using System.Diagnostics.CodeAnalysis;
using Grpc.Core.Interceptors;

namespace Grpc.AspNetCore.Server;

/// <summary>The interceptors of a server, in the order in which they see a call (https://grpc.io/docs/guides/interceptors/).</summary>
public class InterceptorCollection : Collection<InterceptorRegistration>
{
    /// <summary>Adds an interceptor after the others.</summary>
    /// <param name="args">Arguments for its constructor; services fill in the rest.</param>
    public void Add<[DynamicallyAccessedMembers(InterceptorRegistration.Accessibility)] TInterceptor>(params object[] args)
        where TInterceptor : Interceptor => Add(typeof(TInterceptor), args);

    /// <summary>Adds an interceptor after the others.</summary>
    /// <param name="interceptorType">A type derived from <see cref="Interceptor"/>.</param>
    /// <param name="args">Arguments for its constructor; services fill in the rest.</param>
    public void Add([DynamicallyAccessedMembers(InterceptorRegistration.Accessibility)] Type interceptorType, params object[] args)
    {
        ArgumentNullException.ThrowIfNull(interceptorType);
        if (!interceptorType.IsSubclassOf(typeof(Interceptor)))
        {
            throw new ArgumentException($"Type must inherit from {typeof(Interceptor).FullName}.", nameof(interceptorType));
        }

        Add(new InterceptorRegistration(interceptorType, args));
    }
}
