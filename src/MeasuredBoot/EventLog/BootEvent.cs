using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.MeasuredBoot.EventLog;

/// <summary>One entry of an event log. Its digests were extended into a register, if the log is true; its type and data are only what somebody wrote beside them.</summary>
public sealed class BootEvent
{
    private readonly PcrBank[] _banks;
    private readonly ReadOnlyMemory<byte>[] _digests;

    internal BootEvent(int number, int pcr, uint type, PcrBank[] banks, ReadOnlyMemory<byte>[] digests, ReadOnlyMemory<byte> data)
    {
        Number = number;
        Pcr = pcr;
        Type = type;
        _banks = banks;
        _digests = digests;
        Data = data;
    }

    /// <summary>One that was not read from a log, with a digest of one bank.</summary>
    public static BootEvent Create(int pcr, uint type, PcrBank bank, ReadOnlyMemory<byte> digest, ReadOnlyMemory<byte> data) => new(0, pcr, type, [bank], [digest], data);

    /// <summary>From 0, in the order of the log.</summary>
    public int Number { get; }

    public int Pcr { get; }

    public uint Type { get; }

    public string TypeName => EventType.NameOf(Type);

    public ReadOnlyMemory<byte> Data { get; }

    /// <summary>EV_NO_ACTION tells the reader of the log something; nothing was extended.</summary>
    public bool IsExtended => Type != EventType.NoAction;

    public IReadOnlyList<PcrBank> Banks => _banks;

    /// <returns>Empty where this event has no digest for the bank.</returns>
    public ReadOnlyMemory<byte> DigestOf(PcrBank bank)
    {
        var index = Array.IndexOf(_banks, bank);
        return index < 0 ? default : _digests[index];
    }
}
