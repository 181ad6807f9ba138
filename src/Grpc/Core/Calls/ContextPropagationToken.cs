namespace Grpc.Core;

/// <summary>Stands for a server call in the options of calls made on its behalf
/// (https://grpc.io/docs/guides/deadlines/#deadline-propagation).</summary>
public abstract class ContextPropagationToken
{
    internal ContextPropagationToken()
    {
    }
}
