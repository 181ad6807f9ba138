using GuestTune.Controller.V1;

namespace GuestTune.Controller.Fleet;

/// <summary>What one call on one VM came to: the agent's answer, or what went wrong.</summary>
internal readonly record struct VmAnswer<T>(T? Value, VmError? Error)
    where T : class
{
    public static implicit operator VmAnswer<T>(T value) => new(value, null);

    public static implicit operator VmAnswer<T>(VmError error) => new(null, error);
}
