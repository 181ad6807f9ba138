namespace GuestTune.Testing;

/// <summary>The command line of QEMU for a test VM.</summary>
internal static class QemuArguments
{
    public const string Program = "qemu-system-x86_64";

    public static List<string> Build(TestVmOptions options, GuestImage image, Accelerator accelerator, VmFolder folder, Guid uuid)
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
            "-kernel", image.Kernel, "-initrd", image.Initramfs, "-append", KernelCommandLine(options),
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

        if (options.HasDisk)
        {
            arguments.AddRange(["-drive", $"if=virtio,format=raw,file={Escape(folder.Disk)}"]);
        }

        return arguments;
    }

    private static string KernelCommandLine(TestVmOptions options)
    {
        // panic=-1: a guest that cannot boot resets at once, which QMP reports, instead of standing still.
        List<string> words = ["console=ttyS0", "quiet", "panic=-1"];
        AddUnless(options.StartsAgent && options.HasAgentPort, "gt.agent=off");
        AddUnless(options.HasPortLinks, "gt.links=off");
        AddUnless(options.AppliesTmpfiles, "gt.tmpfiles=off");
        AddUnless(options.KernelArguments.Length == 0, options.KernelArguments);
        return string.Join(' ', words);

        void AddUnless(bool condition, string word)
        {
            if (!condition)
            {
                words.Add(word);
            }
        }
    }

    private static string Socket(string id, string path) => $"socket,id={id},path={Escape(path)},server=on,wait=off";

    private static string Escape(string value) => value.Replace(",", ",,", StringComparison.Ordinal);
}
