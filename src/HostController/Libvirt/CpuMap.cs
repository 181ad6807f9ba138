namespace GuestTune.Controller.Libvirt;

/// <summary>libvirt's sets of host CPUs: one bit each, the first in the lowest bit of the first byte (VIR_CPU_USED).</summary>
internal static class CpuMap
{
    public static byte[] ToBytes(IReadOnlyCollection<int> cpus)
    {
        var map = new byte[(cpus.Max() / 8) + 1];
        foreach (var cpu in cpus)
        {
            map[cpu / 8] |= (byte)(1 << (cpu % 8));
        }

        return map;
    }

    public static int[] FromBytes(ReadOnlySpan<byte> map)
    {
        var cpus = new List<int>();
        for (var cpu = 0; cpu < map.Length * 8; cpu++)
        {
            if ((map[cpu / 8] & (1 << (cpu % 8))) != 0)
            {
                cpus.Add(cpu);
            }
        }

        return [.. cpus];
    }
}
