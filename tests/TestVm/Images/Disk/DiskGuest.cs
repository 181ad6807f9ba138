namespace GuestTune.Testing;

/// <summary>
/// Builds the disk guest in steps, for the agent changes often: Debian, booted once and saved; then the agent, installed in that and saved again;
/// and of that the kinds that have a TPM or get to their kernel in another way, booted and saved.
/// </summary>
public static class DiskGuest
{
    private const int BasesKept = 1;
    private const int GuestsKept = 2;

    // As packaging/agent/README.md says.
    private static readonly (string File, string Target)[] AgentFiles =
    [
        ("packaging/agent/guesttune-agent.service", "usr/lib/systemd/system/guesttune-agent.service"),
        ("packaging/agent/99-guesttune-agent.rules", "usr/lib/udev/rules.d/99-guesttune-agent.rules"),
        ("packaging/agent/agent.conf", "etc/guesttune/agent.conf"),
        ("docs/agent.md", "usr/share/doc/guesttune/agent.md"),
    ];

    /// <summary>A VM that goes on from the saved guest.</summary>
    public static async Task<TestVm> StartAsync(string name, DiskKind kind, CancellationToken cancellationToken = default)
    {
        var image = await BuildAsync(kind, cancellationToken);
        return await TestVm.BootAsync(image.Machine with { Name = name }, image, await ChooseAcceleratorAsync(cancellationToken), cancellationToken);
    }

    /// <summary>The guest with the published agent in it.</summary>
    public static async Task<DiskImage> BuildAsync(DiskKind kind, CancellationToken cancellationToken = default)
    {
        var plain = await BuildPlainAsync(cancellationToken);
        if (kind == DiskKind.Plain)
        {
            return plain;
        }

        using var key = new ContentKey();
        key.Add(Path.GetFileName(plain.Folder)).Add(plain.Made).Add(kind.Preparation)
            .AddFile("code", kind.Firmware.Code).AddFile("variables", kind.Firmware.NewVariables);
        if (kind.Tpm != TpmModel.None)
        {
            // As with QEMU: an older one may not go on with what a newer one saved.
            key.Add((await HostCommand.RunAsync(VmTpm.Program, ["--version"], cancellationToken: cancellationToken)).Output);
        }

        var accelerator = await ChooseAcceleratorAsync(cancellationToken);
        return new DiskImage(
            await BuildCache.Default.GetOrMakeAsync(
                $"disk-{kind.Id}", key.ToString(), GuestsKept, (f, ct) => MakeKindAsync(plain, kind, accelerator, f, ct), cancellationToken),
            kind);
    }

    private static async Task<DiskImage> BuildPlainAsync(CancellationToken cancellationToken)
    {
        var agent = await PublishedPrograms.GetAgentAsync(cancellationToken);
        var accelerator = await ChooseAcceleratorAsync(cancellationToken);
        var (baseKey, baseFolder) = await GetBaseAsync(accelerator, cancellationToken);
        var debian = new DiskImage(baseFolder, DiskKind.Plain);
        using var key = new ContentKey();
        key.Add(baseKey).Add(debian.Made).AddFile("agent", agent);
        foreach (var (file, target) in AgentFiles)
        {
            key.AddFile(target, Path.Combine(Repository.Root, file));
        }

        return debian with
        {
            Folder = await BuildCache.Default.GetOrMakeAsync(
                "disk", key.ToString(), GuestsKept, (f, ct) => InstallAgentAsync(agent, debian, accelerator, f, ct), cancellationToken),
        };
    }

    // KVM works for both kinds of guests or for none.
    private static async Task<Accelerator> ChooseAcceleratorAsync(CancellationToken cancellationToken) =>
        await AcceleratorProbe.ChooseAsync(await GuestImage.BuildAsync(KernelFlavour.WithHaltpoll, cancellationToken), cancellationToken);

    private static async Task<(string Key, string Folder)> GetBaseAsync(Accelerator accelerator, CancellationToken cancellationToken)
    {
        // A newer QEMU may not go on with what an older one saved.
        var qemu = await HostCommand.RunAsync(QemuArguments.Program, ["--version"], cancellationToken: cancellationToken);
        using var key = new ContentKey();
        key.Add(DiskLayout.PartitionTable).Add(accelerator.Id).Add(qemu.Output).AddFile("firmware", Firmware.Ovmf.Code);
        DebianRoot.AddTo(key);
        var name = key.ToString();
        var folder = await BuildCache.Default.GetOrMakeAsync(
            "disk-base", name, BasesKept, (f, ct) => MakeBaseAsync(accelerator, f, ct), cancellationToken);
        return (name, folder);
    }

    private static async Task MakeBaseAsync(Accelerator accelerator, string folder, CancellationToken cancellationToken)
    {
        var scratch = Directory.CreateDirectory(Path.Combine(folder, "scratch")).FullName;
        var (root, boot) = (Path.Combine(scratch, "root"), Path.Combine(scratch, "boot"));
        await DebianRoot.MakeAsync(root, boot, scratch, cancellationToken);
        var installed = Directory.CreateDirectory(Path.Combine(folder, "installed")).FullName;
        var raw = Path.Combine(scratch, "disk.raw");
        await DiskLayout.WriteAsync(raw, root, boot, cancellationToken);
        string[] convert = ["convert", "-O", "qcow2", raw, Path.Combine(installed, DiskImage.DiskName)];
        (await HostCommand.RunAsync("qemu-img", convert, cancellationToken: cancellationToken)).ThrowIfFailed("qemu-img convert");
        Directory.Delete(scratch, recursive: true);

        File.Copy(Firmware.Ovmf.NewVariables, Path.Combine(installed, DiskImage.FirmwareVariablesName));
        await RunAsync(new DiskImage(installed, DiskKind.Plain), accelerator, folder, async vm =>
        {
            await WaitForSystemdAsync(vm, cancellationToken);
            await vm.Console.ReadAsync("update-grub 2>&1", BootLimit, cancellationToken);
            await SaveAsync(vm, folder, cancellationToken);
        }, cancellationToken);
    }

    private static Task InstallAgentAsync(string agent, DiskImage image, Accelerator accelerator, string folder, CancellationToken cancellationToken) =>
        RunAsync(image, accelerator, folder, async vm =>
        {
            var files = AgentFiles.Select(f => new InstalledFile(Path.Combine(Repository.Root, f.File), f.Target));
            await MediumArchive.InstallAsync(vm, [.. files, new InstalledFile(agent, "usr/bin/guesttune-agent", InstalledFile.Executable)], cancellationToken);
            await vm.Console.ReadAsync(
                "systemctl daemon-reload && udevadm control --reload && udevadm trigger --subsystem-match=virtio-ports 2>&1",
                BootLimit, cancellationToken);
            await WaitForIdleAgentAsync(vm, cancellationToken);
            await SaveAsync(vm, folder, cancellationToken);
        }, cancellationToken);

    private static async Task MakeKindAsync(DiskImage plain, DiskKind kind, Accelerator accelerator, string folder, CancellationToken cancellationToken)
    {
        var prepared = new DiskImage(Directory.CreateDirectory(Path.Combine(folder, "prepared")).FullName, kind);
        // grub reads a file system without its journal: only what is unmounted is where grub looks for it.
        await RunAsync(
            plain, accelerator, prepared.Folder,
            vm => vm.Console.ReadAsync($"({kind.Preparation}) && umount /boot/efi /boot && sync", BootLimit, cancellationToken), cancellationToken);
        File.Copy(kind.Firmware.NewVariables, Path.Combine(prepared.Folder, DiskImage.FirmwareVariablesName), overwrite: true);
        await RunAsync(prepared, accelerator, folder, async vm =>
        {
            await WaitForSystemdAsync(vm, cancellationToken);
            await WaitForIdleAgentAsync(vm, cancellationToken);
            await SaveAsync(vm, folder, cancellationToken);
        }, cancellationToken);
    }

    private static TimeSpan BootLimit => DiskImage.BootLimit;

    private static async Task WaitForSystemdAsync(TestVm vm, CancellationToken cancellationToken) =>
        await vm.Console.ReadAsync("systemctl is-system-running --wait", BootLimit, cancellationToken);

    /// <summary>An agent that starts compiles what its first call needs; what every test would wait for is saved instead.</summary>
    private static async Task WaitForIdleAgentAsync(TestVm vm, CancellationToken cancellationToken)
    {
        await vm.WaitForAgentAsync(cancellationToken);
        await vm.Console.ReadAsync(
            "pid=$(systemctl show -P MainPID guesttune-agent) last=; until now=$(cut -d' ' -f14,15 /proc/$pid/stat); [ \"$now\" = \"$last\" ]; do last=$now; sleep 1; done",
            BootLimit, cancellationToken);
    }

    private static async Task SaveAsync(TestVm vm, string folder, CancellationToken cancellationToken)
    {
        await vm.Console.ReadAsync("sync", BootLimit, cancellationToken);
        await vm.SaveAsync(Path.Combine(folder, DiskImage.MemoryName), cancellationToken);
    }

    /// <summary>Starts <paramref name="image"/>, and leaves in <paramref name="folder"/> what its disk and its firmware hold in the end.</summary>
    private static async Task RunAsync(DiskImage image, Accelerator accelerator, string folder, Func<TestVm, Task> use, CancellationToken cancellationToken)
    {
        var scratch = Directory.CreateTempSubdirectory("gtvm-").FullName;
        try
        {
            var options = image.Machine with { StartsAgent = false, Folder = scratch };
            await using (var vm = await TestVm.BootAsync(options, image, accelerator, cancellationToken))
            {
                await use(vm);
            }

            var ran = VmFolder.Open(scratch);
            var disk = Path.Combine(folder, DiskImage.DiskName);
            File.Move(ran.Overlay, disk);
            // Relative, since the folder still gets another name, and a cache can be copied.
            string[] rebase = ["rebase", "-u", "-F", "qcow2", "-b", Path.GetRelativePath(folder, image.Disk), disk];
            (await HostCommand.RunAsync("qemu-img", rebase, cancellationToken: cancellationToken)).ThrowIfFailed("qemu-img rebase");
            File.Move(ran.FirmwareVariables, Path.Combine(folder, DiskImage.FirmwareVariablesName));
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }
}
