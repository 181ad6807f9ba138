namespace GuestTune.Controller.MeasuredBoot.Enrolment;

/// <summary>Where the keys of VMs are pinned.</summary>
/// <remarks>Every method throws an <see cref="IOException"/> where the place cannot be read or written; its message says why and what to do.</remarks>
internal interface IEnrolledKeys
{
    /// <returns>Null where the VM has none.</returns>
    ValueTask<EnrolledKey?> FindAsync(string vm, CancellationToken cancellationToken);

    /// <summary>Pins keys where the VM has none: of several controllers that enrol it at once, the first wins.</summary>
    /// <param name="anew">Also in place of those that it has.</param>
    /// <returns>The keys that are pinned now: these, or those that were there.</returns>
    ValueTask<EnrolledKey> EnrolAsync(EnrolledKey key, bool anew, CancellationToken cancellationToken);

    /// <summary>Remembers how far the counters have come, unless the keys are others by now or the counters have come farther.</summary>
    ValueTask SeeAsync(string vm, ReadOnlyMemory<byte> attestationKey, TpmCounters counters, CancellationToken cancellationToken);
}
