using System.Security.Cryptography;
using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.MeasuredBoot.EventLog;

/// <summary>What the registers must hold if a log is true, and where a log that is not true parts from the registers.</summary>
public sealed class EventLogReplay
{
    private const int FirstDynamicPcr = 17;
    private const int LastDynamicPcr = 22;

    /// <summary>Trying where a log is wrong costs a replay for each event.</summary>
    private const int MaximumEventsToSearch = 192;

    private readonly PcrBank _bank;
    private readonly byte _startupLocality;
    private readonly List<BootEvent>[] _events;

    /// <exception cref="NotSupportedException">Digests of the bank cannot be computed here.</exception>
    public EventLogReplay(BootEventLog log, PcrBank bank)
    {
        ArgumentNullException.ThrowIfNull(log);
        ArgumentNullException.ThrowIfNull(bank);
        _ = bank.HashName;
        _bank = bank;
        _startupLocality = log.StartupLocality;
        _events = new List<BootEvent>[PcrSelection.PcrCount];
        foreach (var entry in log.Events)
        {
            if (entry.IsExtended && entry.Pcr >= 0 && !entry.DigestOf(bank).IsEmpty)
            {
                (_events[entry.Pcr] ??= []).Add(entry);
            }
        }
    }

    /// <summary>The events of one register, in their order.</summary>
    public IReadOnlyList<BootEvent> EventsOf(int pcr) => _events[pcr] ?? [];

    public byte[] Compute(int pcr) => Replay(pcr, EventsOf(pcr));

    /// <summary>Holds the log against the value that a register really has.</summary>
    public PcrEvidence Compare(PcrValue value)
    {
        ArgumentNullException.ThrowIfNull(value);
        var events = EventsOf(value.Index);
        if (CryptographicOperations.FixedTimeEquals(Compute(value.Index), value.Digest))
        {
            return new PcrEvidence(value.Index, events.Count == 0 ? PcrEvidenceKind.Untouched : PcrEvidenceKind.Proven, null, null);
        }

        if (events.Count == 0)
        {
            return new PcrEvidence(value.Index, PcrEvidenceKind.NotCovered, null, "the register was extended, and the log has no event for it");
        }

        var (suspect, how) = events.Count <= MaximumEventsToSearch ? FindLie(value, events) : (null, null);
        return new PcrEvidence(value.Index, PcrEvidenceKind.Mismatch, suspect, how ?? "no single event that was added, removed from the end or swapped explains it");
    }

    /// <summary>Tries what a forger, or a torn log, would do most simply; each try must give the register's very value to count.</summary>
    private (BootEvent? Suspect, string? How) FindLie(PcrValue value, IReadOnlyList<BootEvent> events)
    {
        Span<byte> prefix = stackalloc byte[_bank.DigestSizeBytes];
        Span<byte> tried = stackalloc byte[_bank.DigestSizeBytes];
        SetInitial(value.Index, prefix);
        (BootEvent? Suspect, string? How) lie = (null, null);
        for (var i = 0; i < events.Count; i++)
        {
            if (value.Digest.AsSpan().SequenceEqual(prefix))
            {
                return (events[i], "the log has this event and those after it, and the register has not");
            }

            prefix.CopyTo(tried);
            Extend(tried, events, i + 1);
            if (lie.Suspect is null && value.Digest.AsSpan().SequenceEqual(tried))
            {
                lie = (events[i], "without this event the log agrees with the register: it was added to the log");
            }

            if (i + 1 < events.Count)
            {
                prefix.CopyTo(tried);
                Extend(tried, events[i + 1]);
                Extend(tried, events[i]);
                Extend(tried, events, i + 2);
                if (lie.Suspect is null && value.Digest.AsSpan().SequenceEqual(tried))
                {
                    lie = (events[i], "this event and the next one of this register were swapped in the log");
                }
            }

            Extend(prefix, events[i]);
        }

        return lie;
    }

    private byte[] Replay(int pcr, IReadOnlyList<BootEvent> events)
    {
        var value = new byte[_bank.DigestSizeBytes];
        SetInitial(pcr, value);
        Extend(value, events, 0);
        return value;
    }

    private void Extend(Span<byte> value, IReadOnlyList<BootEvent> events, int first)
    {
        for (var i = first; i < events.Count; i++)
        {
            Extend(value, events[i]);
        }
    }

    private void Extend(Span<byte> value, BootEvent entry) => _bank.ExtendInPlace(value, entry.DigestOf(_bank).Span);

    /// <summary>Registers for a dynamic launch start with all bits set; PCR 0 with the locality of the start (TPM 2.0 Library part 1, 12.2.3).</summary>
    private void SetInitial(int pcr, Span<byte> value)
    {
        value.Fill(pcr is >= FirstDynamicPcr and <= LastDynamicPcr ? (byte)0xFF : (byte)0);
        if (pcr == 0)
        {
            value[^1] = _startupLocality;
        }
    }
}
