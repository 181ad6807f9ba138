namespace GuestTune.Testing;

/// <summary>A Debian guest on a disk: EFI, grub, systemd, qemu-guest-agent, two kernels; saved while it runs, so that tests need not wait for its boot.</summary>
/// <param name="Folder">Holds the disk, the variables of the EFI firmware, and, of a saved guest, its memory with its TPM.</param>
public sealed record DiskImage(string Folder, DiskKind Kind) : BootImage
{
    internal const string DiskName = "disk.qcow2";
    internal const string FirmwareVariablesName = "firmware-vars.fd";
    internal const string MemoryName = "memory";

    /// <summary>The second disk always has this size, since a saved guest believes so.</summary>
    private const long MediumSizeBytes = 128 << 20;

    internal static readonly TimeSpan BootLimit = TimeSpan.FromMinutes(4);

    /// <summary>What this guest needs; a saved one goes on only in the machine that it was saved in.</summary>
    public TestVmOptions Machine => new()
    {
        Name = "disk",
        Tpm = Kind.Tpm,
        MemoryMiB = 1024,
        NeighbourPorts = [TestVmOptions.QemuGuestAgentPort],
        BootTimeout = BootLimit,
    };

    internal override bool IsSaved => File.Exists(Memory);

    internal string Disk => Path.Combine(Folder, DiskName);

    /// <summary>Tells this image from another one that was made of the same: what was written over one fits to no other.</summary>
    internal string Made => File.GetLastWriteTimeUtc(Disk).Ticks.ToString();

    private string Memory => Path.Combine(Folder, MemoryName);

    internal override async Task PrepareAsync(TestVmOptions options, VmFolder folder, CancellationToken cancellationToken)
    {
        if (!File.Exists(folder.FirmwareVariables))
        {
            await CreateOverlayAsync(folder.Overlay, Disk, cancellationToken);
            File.Copy(Path.Combine(Folder, FirmwareVariablesName), folder.FirmwareVariables);
        }

        // Another program may have left its content there: length is all that has to be kept.
        await using var medium = new FileStream(folder.Medium, FileMode.OpenOrCreate);
        medium.SetLength(MediumSizeBytes);
    }

    internal override IEnumerable<string> Arguments(TestVmOptions options, VmFolder folder, bool goesOn)
    {
        List<string> arguments =
        [
            .. Kind.Firmware.Arguments(folder),
            "-drive", $"if=virtio,format=qcow2,file={QemuArguments.Escape(folder.Overlay)}",
            "-drive", $"if=virtio,format=raw,file={QemuArguments.Escape(folder.Medium)}",
        ];
        if (goesOn)
        {
            arguments.AddRange(["-incoming", $"exec:cat '{Memory}'"]);
        }

        return arguments;
    }

    /// <summary>A disk that holds what differs from another one.</summary>
    private static async Task CreateOverlayAsync(string path, string backing, CancellationToken cancellationToken) =>
        (await HostCommand.RunAsync("qemu-img", ["create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", backing, path], cancellationToken: cancellationToken))
        .ThrowIfFailed($"qemu-img create {path}");
}
