using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Grpc.Core;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server;

/// <summary>Finds the methods of a service by its generated BindService, and the class's own code for each.</summary>
internal sealed class ServiceBinder<[DynamicallyAccessedMembers(ServiceMapper.Accessibility)] TService>(MethodOptions options, ILogger logger)
    : ServiceBinderBase
    where TService : class
{
    private static readonly string[] Post = ["POST"];

    private readonly ServiceActivator<TService> _activator = new();
    private readonly List<BoundMethod> _methods = [];
    private Type? _generatedBase;

    public IReadOnlyList<BoundMethod> Methods => _methods;

    public void Bind()
    {
        for (var type = typeof(TService); type is not null; type = type.BaseType)
        {
            if (type.GetCustomAttribute<BindServiceMethodAttribute>(inherit: false) is not { } attribute)
            {
                continue;
            }

            _generatedBase = type;
            var bind = attribute.BindType.GetMethod(
                attribute.BindMethodName, BindingFlags.Public | BindingFlags.Static, [typeof(ServiceBinderBase), type]);
            if (bind is null)
            {
                throw new InvalidOperationException(
                    $"{attribute.BindType} has no public static method {attribute.BindMethodName}(ServiceBinderBase, {type.Name}).");
            }

            bind.Invoke(obj: null, BindingFlags.DoNotWrapExceptions, binder: null, [this, null], culture: null);
            return;
        }

        throw new InvalidOperationException(
            $"{typeof(TService)} is not a gRPC service: it derives from no class that Grpc.Tools has generated.");
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler)
    {
        var code = Find(method.Name, [typeof(TRequest), typeof(ServerCallContext)]);
        var invoke = code.CreateDelegate<UnaryInvoker<TService, TRequest, TResponse>>();
        Add(method, code, new UnaryCallHandler<TService, TRequest, TResponse>(method, invoke, _activator, options, logger));
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var code = Find(method.Name, [typeof(IAsyncStreamReader<TRequest>), typeof(ServerCallContext)]);
        var invoke = code.CreateDelegate<ClientStreamingInvoker<TService, TRequest, TResponse>>();
        Add(method, code, new ClientStreamingCallHandler<TService, TRequest, TResponse>(method, invoke, _activator, options, logger));
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var code = Find(method.Name, [typeof(TRequest), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext)]);
        var invoke = code.CreateDelegate<ServerStreamingInvoker<TService, TRequest, TResponse>>();
        Add(method, code, new ServerStreamingCallHandler<TService, TRequest, TResponse>(method, invoke, _activator, options, logger));
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var code = Find(method.Name, [typeof(IAsyncStreamReader<TRequest>), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext)]);
        var invoke = code.CreateDelegate<DuplexStreamingInvoker<TService, TRequest, TResponse>>();
        Add(method, code, new DuplexStreamingCallHandler<TService, TRequest, TResponse>(method, invoke, _activator, options, logger));
    }

    private void Add<TRequest, TResponse>(Method<TRequest, TResponse> method, MethodInfo code, ServerCallHandler<TRequest, TResponse> handler)
        where TRequest : class
        where TResponse : class
    {
        // Of the class first and of the method last: the last one of a kind counts.
        object[] metadata =
        [
            .. typeof(TService).GetCustomAttributes(inherit: true),
            .. code.GetCustomAttributes(inherit: true),
            new HttpMethodMetadata(Post, acceptCorsPreflight: true),
        ];
        _methods.Add(new BoundMethod(method, handler.HandleAsync, metadata));
    }

    private MethodInfo Find(string name, Type[] parameters)
    {
        for (var type = typeof(TService); type is not null; type = type.BaseType)
        {
            var found = type.GetMethod(name, BindingFlags.Public | BindingFlags.Instance, parameters);

            // A method that only hides the generated one is not it.
            if (found is { IsVirtual: true } && found.GetBaseDefinition().DeclaringType == _generatedBase)
            {
                return found;
            }
        }

        throw new InvalidOperationException($"Could not find '{name}' on {typeof(TService)}.");
    }
}
