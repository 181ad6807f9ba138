using GuestTune.Controller.V1;

namespace GuestTune.Controller.Rebooting;

/// <summary>How following one restart ended: the guest is back, or the error says why not.</summary>
internal readonly record struct RestartEnd(RebootResult? Result, VmError? Error)
{
    public static implicit operator RestartEnd(RebootResult result) => new(result, null);

    public static implicit operator RestartEnd(VmError error) => new(null, error);
}
