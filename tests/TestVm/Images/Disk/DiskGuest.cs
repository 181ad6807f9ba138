using System.Formats.Tar;

namespace GuestTune.Testing;

/// <summary>Builds the disk guest in two steps, for the agent changes often: Debian, booted once and saved; then the agent, installed in that and saved again.</summary>
public static class DiskGuest
{
    private const int BasesKept = 1;
    private const int GuestsKept = 2;

    // As packaging/agent/README.md says.
    private static readonly (string File, string Target, UnixFileMode Mode)[] AgentFiles =
    [
        ("packaging/agent/guesttune-agent.service", "usr/lib/systemd/system/guesttune-agent.service", Readable),
        ("packaging/agent/99-guesttune-agent.rules", "usr/lib/udev/rules.d/99-guesttune-agent.rules", Readable),
        ("packaging/agent/agent.conf", "etc/guesttune/agent.conf", Readable),
        ("docs/agent.md", "usr/share/doc/guesttune/agent.md", Readable),
    ];

    private const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Executable = Readable | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>A VM that goes on from the saved guest.</summary>
    public static async Task<TestVm> StartAsync(string name, CancellationToken cancellationToken = default) => await TestVm.BootAsync(
        DiskImage.Machine with { Name = name }, await BuildAsync(cancellationToken), await ChooseAcceleratorAsync(cancellationToken), cancellationToken);

    /// <summary>The guest with the published agent in it.</summary>
    public static async Task<DiskImage> BuildAsync(CancellationToken cancellationToken = default)
    {
        var agent = await PublishedPrograms.GetAgentAsync(cancellationToken);
        var accelerator = await ChooseAcceleratorAsync(cancellationToken);
        var (baseKey, baseFolder) = await GetBaseAsync(accelerator, cancellationToken);
        using var key = new ContentKey();
        key.Add(baseKey).AddFile("agent", agent);
        foreach (var (file, target, _) in AgentFiles)
        {
            key.AddFile(target, Path.Combine(Repository.Root, file));
        }

        return new DiskImage(await BuildCache.Default.GetOrMakeAsync(
            "disk", key.ToString(), GuestsKept, (f, ct) => InstallAgentAsync(agent, new DiskImage(baseFolder), accelerator, f, ct), cancellationToken));
    }

    // KVM works for both kinds of guests or for none.
    private static async Task<Accelerator> ChooseAcceleratorAsync(CancellationToken cancellationToken) =>
        await AcceleratorProbe.ChooseAsync(await GuestImage.BuildAsync(KernelFlavour.WithHaltpoll, cancellationToken), cancellationToken);

    private static async Task<(string Key, string Folder)> GetBaseAsync(Accelerator accelerator, CancellationToken cancellationToken)
    {
        // A newer QEMU may not go on with what an older one saved.
        var qemu = await HostCommand.RunAsync(QemuArguments.Program, ["--version"], cancellationToken: cancellationToken);
        using var key = new ContentKey();
        key.Add(DiskLayout.PartitionTable).Add(accelerator.Id).Add(qemu.Output).AddFile("firmware", DiskImage.FirmwareCode);
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

        File.Copy(DiskImage.NewFirmwareVariables, Path.Combine(installed, DiskImage.FirmwareVariablesName));
        await RunAndSaveAsync(new DiskImage(installed), accelerator, folder, async vm =>
        {
            await vm.Console.ReadAsync("systemctl is-system-running --wait", BootLimit, cancellationToken);
            await vm.Console.ReadAsync("update-grub 2>&1", BootLimit, cancellationToken);
        }, cancellationToken);
    }

    private static Task InstallAgentAsync(string agent, DiskImage image, Accelerator accelerator, string folder, CancellationToken cancellationToken) =>
        RunAndSaveAsync(image, accelerator, folder, async vm =>
        {
            // The second disk holds an archive in place of a file system.
            await WriteArchiveAsync(agent, vm.Folder.Medium, cancellationToken);
            await vm.Console.ReadAsync(
                "tar -xf /dev/vdb -C / && systemctl daemon-reload && udevadm control --reload && udevadm trigger --subsystem-match=virtio-ports 2>&1",
                BootLimit, cancellationToken);
            await vm.WaitForAgentAsync(cancellationToken);
            // An agent that starts compiles what its first call needs; what every test would wait for is saved instead.
            await vm.Console.ReadAsync(
                "pid=$(systemctl show -P MainPID guesttune-agent) last=; until now=$(cut -d' ' -f14,15 /proc/$pid/stat); [ \"$now\" = \"$last\" ]; do last=$now; sleep 1; done",
                BootLimit, cancellationToken);
        }, cancellationToken);

    private static TimeSpan BootLimit => DiskImage.Machine.BootTimeout;

    private static async Task RunAndSaveAsync(
        DiskImage image, Accelerator accelerator, string folder, Func<TestVm, Task> prepare, CancellationToken cancellationToken)
    {
        var scratch = Directory.CreateTempSubdirectory("gtvm-").FullName;
        try
        {
            var options = DiskImage.Machine with { StartsAgent = false, Folder = scratch };
            await using var vm = await TestVm.BootAsync(options, image, accelerator, cancellationToken);
            await prepare(vm);
            await vm.Console.ReadAsync("sync", BootLimit, cancellationToken);
            await vm.SaveAsync(Path.Combine(folder, DiskImage.MemoryName), cancellationToken);
            var disk = Path.Combine(folder, DiskImage.DiskName);
            File.Move(vm.Folder.Overlay, disk);
            // Relative, since the folder still gets another name, and a cache can be copied.
            string[] rebase = ["rebase", "-u", "-F", "qcow2", "-b", Path.GetRelativePath(folder, image.Disk), disk];
            (await HostCommand.RunAsync("qemu-img", rebase, cancellationToken: cancellationToken)).ThrowIfFailed("qemu-img rebase");
            File.Move(vm.Folder.FirmwareVariables, Path.Combine(folder, DiskImage.FirmwareVariablesName));
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }

    private static async Task WriteArchiveAsync(string agent, string path, CancellationToken cancellationToken)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        await using var archive = new TarWriter(file);
        var files = AgentFiles.Select(f => (File: Path.Combine(Repository.Root, f.File), f.Target, f.Mode))
            .Append((agent, "usr/bin/guesttune-agent", Executable));
        foreach (var (source, target, mode) in files)
        {
            await using var data = File.OpenRead(source);
            await archive.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, target) { Mode = mode, DataStream = data }, cancellationToken);
        }
    }
}
