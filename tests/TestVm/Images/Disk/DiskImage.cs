namespace GuestTune.Testing;

/// <summary>A Debian guest on a disk: EFI, grub, systemd, qemu-guest-agent, two kernels; saved while it runs, so that tests need not wait for its boot.</summary>
/// <param name="Folder">Holds the disk, the variables of the EFI firmware, and, of a saved guest, its memory.</param>
public sealed record DiskImage(string Folder) : BootImage
{
    internal const string DiskName = "disk.qcow2";
    internal const string FirmwareVariablesName = "firmware-vars.fd";
    internal const string MemoryName = "memory";
    internal const string FirmwareCode = "/usr/share/OVMF/OVMF_CODE_4M.fd";
    internal const string NewFirmwareVariables = "/usr/share/OVMF/OVMF_VARS_4M.fd";

    /// <summary>The second disk always has this size, since a saved guest believes so.</summary>
    private const long MediumSizeBytes = 128 << 20;

    /// <summary>What this guest needs; a saved one goes on only in the machine that it was saved in.</summary>
    public static TestVmOptions Machine { get; } = new()
    {
        Name = "disk",
        MemoryMiB = 1024,
        NeighbourPorts = [TestVmOptions.QemuGuestAgentPort],
        BootTimeout = TimeSpan.FromMinutes(4),
    };

    internal override bool IsSaved => File.Exists(Memory);

    internal string Disk => Path.Combine(Folder, DiskName);

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
            .. FirmwareArguments(folder),
            "-drive", $"if=virtio,format=qcow2,file={QemuArguments.Escape(folder.Overlay)}",
            "-drive", $"if=virtio,format=raw,file={QemuArguments.Escape(folder.Medium)}",
        ];
        if (goesOn)
        {
            arguments.AddRange(["-incoming", $"exec:cat '{Memory}'"]);
        }

        return arguments;
    }

    internal static IEnumerable<string> FirmwareArguments(VmFolder folder) =>
    [
        "-drive", $"if=pflash,unit=0,format=raw,readonly=on,file={FirmwareCode}",
        "-drive", $"if=pflash,unit=1,format=raw,file={QemuArguments.Escape(folder.FirmwareVariables)}",
    ];

    /// <summary>A disk that holds what differs from another one.</summary>
    private static async Task CreateOverlayAsync(string path, string backing, CancellationToken cancellationToken) =>
        (await HostCommand.RunAsync("qemu-img", ["create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", backing, path], cancellationToken: cancellationToken))
        .ThrowIfFailed($"qemu-img create {path}");
}
