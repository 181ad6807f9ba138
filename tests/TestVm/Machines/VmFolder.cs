namespace GuestTune.Testing;

/// <summary>Where one VM keeps its sockets and logs.</summary>
public sealed class VmFolder
{
    // sun_path of unix(7) holds 108 bytes with the final NUL.
    private const int MaxSocketPathBytes = 107;

    private readonly bool _temporary;

    private VmFolder(string path, bool temporary)
    {
        Path = path;
        _temporary = temporary;
    }

    public string Path { get; }

    public string QmpSocket => InFolder("qmp.sock");

    public string ConsoleSocket => InFolder("console.sock");

    public string KernelLog => InFolder("kernel.log");

    /// <summary>What QEMU says of a VM that outlives the program that started it.</summary>
    public string QemuLog => InFolder("qemu.log");

    public string PidFile => InFolder("pid");

    public string Disk => InFolder("disk.img");

    /// <summary>What a disk guest has written over the image that it was started from.</summary>
    public string Overlay => InFolder("overlay.qcow2");

    public string FirmwareVariables => InFolder("firmware-vars.fd");

    public string TpmSocket => InFolder("tpm.sock");

    /// <summary>What the TPM remembers over power cycles, its seeds and counters.</summary>
    public string TpmState => InFolder("tpm");

    /// <summary>The second disk of a disk guest: whatever a test wants it to find there.</summary>
    public string Medium => InFolder("medium.img");

    public string PortSocket(string port) => InFolder(port + ".sock");

    public static VmFolder Create(TestVmOptions options)
    {
        var folder = options.Folder is { } given
            ? new VmFolder(Directory.CreateDirectory(given).FullName, temporary: false)
            : new VmFolder(Directory.CreateTempSubdirectory("gtvm-").FullName, temporary: true);
        var longest = options.Ports.Select(folder.PortSocket).Append(folder.ConsoleSocket).MaxBy(s => s.Length)!;
        return longest.Length <= MaxSocketPathBytes
            ? folder
            : throw new TestVmException($"The socket path '{longest}' is longer than {MaxSocketPathBytes} bytes: choose a shorter folder.");
    }

    public static VmFolder Open(string path) => new(System.IO.Path.GetFullPath(path), temporary: false);

    public string ReadKernelLogTail(int lines = 30)
    {
        if (!File.Exists(KernelLog))
        {
            return "";
        }

        using var reader = new StreamReader(new FileStream(KernelLog, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return string.Join('\n', reader.ReadToEnd().Replace("\r", "", StringComparison.Ordinal).Split('\n').TakeLast(lines));
    }

    public void RemoveIfTemporary()
    {
        if (_temporary)
        {
            Directory.Delete(Path, recursive: true);
        }
    }

    private string InFolder(string name) => System.IO.Path.Combine(Path, name);
}
