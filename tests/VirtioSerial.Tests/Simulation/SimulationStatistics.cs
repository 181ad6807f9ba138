namespace GuestTune.VirtioSerial.Tests.Simulation;

/// <summary>What runs went through, to see that they go where it hurts.</summary>
internal sealed class SimulationStatistics
{
    public long Attaches { get; set; }

    public long Strangers { get; set; }

    public long Flips { get; set; }

    public long Survivors { get; set; }

    public long SurvivorBytes { get; set; }

    public TimeSpan LongestAttach { get; set; }

    public void Add(SimulationStatistics other)
    {
        Attaches += other.Attaches;
        Strangers += other.Strangers;
        Flips += other.Flips;
        Survivors += other.Survivors;
        SurvivorBytes += other.SurvivorBytes;
        LongestAttach = other.LongestAttach > LongestAttach ? other.LongestAttach : LongestAttach;
    }

    public override string ToString() =>
        $"{Attaches} attaches, {Strangers} strangers, {Flips} flips, {Survivors} sessions that stayed up with {SurvivorBytes} bytes, longest attach {LongestAttach.TotalSeconds} s";
}
