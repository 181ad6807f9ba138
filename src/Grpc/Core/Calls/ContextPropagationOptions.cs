namespace Grpc.Core;

/// <summary>What a <see cref="ContextPropagationToken"/> passes on
/// (https://grpc.io/docs/guides/deadlines/#deadline-propagation).</summary>
public class ContextPropagationOptions
{
    /// <summary>Passes on everything.</summary>
    public static readonly ContextPropagationOptions Default = new();

    /// <summary>Chooses what is passed on.</summary>
    public ContextPropagationOptions(bool propagateDeadline = true, bool propagateCancellation = true)
    {
        IsPropagateDeadline = propagateDeadline;
        IsPropagateCancellation = propagateCancellation;
    }

    /// <summary>Whether the deadline is.</summary>
    public bool IsPropagateDeadline { get; }

    /// <summary>Whether cancellation is.</summary>
    public bool IsPropagateCancellation { get; }
}
