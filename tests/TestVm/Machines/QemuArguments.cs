namespace GuestTune.Testing;

/// <summary>The command line of QEMU for a test VM.</summary>
internal static class QemuArguments
{
    public const string Program = "qemu-system-x86_64";

    public static List<string> Build(TestVmOptions options, BootImage image, Accelerator accelerator, VmFolder folder, Guid uuid, bool goesOn)
    {
        List<string> arguments =
        [
            "-name", options.Name, "-uuid", uuid.ToString(),
            "-nodefaults", "-no-user-config", "-display", "none",
            "-machine", "q35", "-m", options.MemoryMiB.ToString(), "-smp", options.Processors.ToString(),
            .. accelerator.Arguments,
            "-pidfile", folder.PidFile,
            "-chardev", Socket("qmp", folder.QmpSocket), "-mon", "chardev=qmp,mode=control",
            "-chardev", $"file,id=log,path={Escape(folder.KernelLog)}", "-serial", "chardev:log",
            "-chardev", Socket("console", folder.ConsoleSocket), "-serial", "chardev:console",
            .. image.Arguments(options, folder, goesOn),
            .. VmTpm.QemuArguments(options.Tpm, folder),
            "-device", "virtio-serial-pci",
        ];
        foreach (var (index, port) in options.Ports.Index())
        {
            arguments.AddRange(
            [
                "-chardev", Socket($"port{index}", folder.PortSocket(port)),
                // With an id QEMU tells by QMP when the guest opens and closes the port.
                "-device", $"virtserialport,chardev=port{index},name={Escape(port)},id=virtport{index}",
            ]);
        }

        return arguments;
    }

    private static string Socket(string id, string path) => $"socket,id={id},path={Escape(path)},server=on,wait=off";

    /// <summary>A value in a list that QEMU splits at commas.</summary>
    public static string Escape(string value) => value.Replace(",", ",,", StringComparison.Ordinal);
}
