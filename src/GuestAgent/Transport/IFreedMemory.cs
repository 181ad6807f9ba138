namespace GuestTune.Agent.Transport;

/// <summary>What the process has freed and not yet given back to the kernel: the program's own affair, and not that of others that host an agent.</summary>
internal interface IFreedMemory
{
    void GiveBack();
}
