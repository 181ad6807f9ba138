using GuestTune.Agent.V1;
using GuestTune.Practice.V1;

namespace GuestTune.Agent.Tests;

/// <summary>Short ways to write requests.</summary>
internal static class Requests
{
    public static Desired Haltpoll(bool persist, params (string Name, string Value)[] settings)
    {
        var desired = new Desired { Practice = "guest-idle-haltpoll", Persist = persist };
        foreach (var (name, value) in settings)
        {
            desired.Settings.Add(name, value);
        }

        return desired;
    }

    public static ApplyRequest Apply(string id, params (string Name, string Value)[] settings)
        => new() { OperationId = id, Desired = Haltpoll(false, settings) };

    public static ApplyRequest ApplyPersistent(string id, params (string Name, string Value)[] settings)
        => new() { OperationId = id, Desired = Haltpoll(true, settings) };
}
