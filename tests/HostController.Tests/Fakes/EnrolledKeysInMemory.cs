using System.Collections.Concurrent;
using GuestTune.Controller.MeasuredBoot.Enrolment;

namespace GuestTune.HostController.Tests.Fakes;

/// <summary>Pins keys for as long as this process lives.</summary>
internal sealed class EnrolledKeysInMemory : IEnrolledKeys
{
    private readonly ConcurrentDictionary<string, EnrolledKey> _keys = new(StringComparer.Ordinal);

    public ValueTask<EnrolledKey?> FindAsync(string vm, CancellationToken cancellationToken) => ValueTask.FromResult(_keys.GetValueOrDefault(vm));

    public ValueTask<EnrolledKey> EnrolAsync(EnrolledKey key, bool anew, CancellationToken cancellationToken) =>
        ValueTask.FromResult(_keys.AddOrUpdate(key.Vm, key, (_, known) => anew ? key : known));

    public ValueTask SeeAsync(string vm, ReadOnlyMemory<byte> attestationKey, TpmCounters counters, CancellationToken cancellationToken)
    {
        while (_keys.TryGetValue(vm, out var known) && known.LastSeen < counters && attestationKey.Span.SequenceEqual(known.AttestationKey)
            && !_keys.TryUpdate(vm, known with { LastSeen = counters }, known))
        {
        }

        return ValueTask.CompletedTask;
    }
}
