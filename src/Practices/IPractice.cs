namespace GuestTune.Practices;

/// <summary>A tuning that can be observed, planned, applied, verified and undone. Changing is the engine's part, so that no practice can forget the journal.</summary>
public interface IPractice
{
    /// <summary>As in requests, configuration and documents, e.g. <c>guest-idle-haltpoll</c>.</summary>
    string Id { get; }

    PracticeSupport CheckSupport();

    /// <param name="owned">What GuestTune has set and not undone.</param>
    Observation Observe(IReadOnlyList<OwnedValue> owned);

    /// <exception cref="PracticeException">The desired settings are wrong, or cannot be had on this machine.</exception>
    Plan Plan(Desired desired);

    /// <summary>The changes of <see cref="Plan"/> alone, for an apply, which has no use for warnings and should not wait for them.</summary>
    /// <exception cref="PracticeException">As from <see cref="Plan"/>.</exception>
    IReadOnlyList<Change> PlanChanges(Desired desired) => Plan(desired).Changes;

    /// <summary>Asked before changes are shown or done, on the way back (undo) as on the way there.</summary>
    /// <param name="force">Lets pass what would be refused for the harm that it may do.</param>
    /// <returns>Warnings for a plan.</returns>
    /// <exception cref="PracticeException">The changes may do harm; the message says which, and how to avoid it.</exception>
    IReadOnlyList<string> CheckHarm(IReadOnlyList<Change> changes, bool force) => [];

    /// <summary>The knob behind a change that this practice has planned, now or in an earlier run.</summary>
    /// <exception cref="PracticeException">The change names nothing that this practice knows.</exception>
    IKnob OpenKnob(Change change);
}
