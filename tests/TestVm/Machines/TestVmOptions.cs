namespace GuestTune.Testing;

/// <summary>What a test VM is made of.</summary>
public sealed record TestVmOptions
{
    public const string AgentPort = "org.guesttune.agent.0";
    public const string QemuGuestAgentPort = "org.qemu.guest_agent.0";

    public string Name { get; init; } = "vm";

    public KernelFlavour Kernel { get; init; } = KernelFlavour.WithHaltpoll;

    public int Processors { get; init; } = 2;

    public int MemoryMiB { get; init; } = 512;

    /// <summary>Ports beside the agent's, by name, e.g. <see cref="QemuGuestAgentPort"/>.</summary>
    public IReadOnlyList<string> NeighbourPorts { get; init; } = [];

    /// <summary>False: the VM has the virtio-serial device, but not the agent's port.</summary>
    public bool HasAgentPort { get; init; } = true;

    /// <summary>False: nothing in the guest opens the agent's port.</summary>
    public bool StartsAgent { get; init; } = true;

    /// <summary>False: the guest has no /dev/virtio-ports, as where no udev runs.</summary>
    public bool HasPortLinks { get; init; } = true;

    /// <summary>False: the guest does not apply tmpfiles.d when it boots, as where systemd is not what boots it.</summary>
    public bool AppliesTmpfiles { get; init; } = true;

    /// <summary>Gives the guest a disk that keeps what the agent writes over a reboot; otherwise that is kept in memory.</summary>
    public bool HasDisk { get; init; }

    /// <summary>The TPM that the VM has; a disk guest's is its <see cref="DiskKind"/>'s.</summary>
    public TpmModel Tpm { get; init; }

    /// <summary>True: EFI firmware (OVMF) starts the guest in memory, in place of SeaBIOS, and takes some seconds more.</summary>
    public bool HasEfi { get; init; }

    /// <summary>More words for the kernel command line.</summary>
    public string KernelArguments { get; init; } = "";

    /// <summary>Where sockets and logs go; otherwise a new folder with a short name, removed in the end.</summary>
    public string? Folder { get; init; }

    /// <summary>True: the VM outlives this object and this process.</summary>
    public bool KeepsRunning { get; init; }

    public TimeSpan BootTimeout { get; init; } = TimeSpan.FromMinutes(4);

    public IReadOnlyList<string> Ports => HasAgentPort ? [AgentPort, .. NeighbourPorts] : NeighbourPorts;
}
