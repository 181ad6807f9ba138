using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text;

namespace GuestTune.Testing.Commands;

/// <summary>"boot": VMs for a person or a script, with an inventory that guesttune reads.</summary>
internal static class BootCommand
{
    public static Command Create()
    {
        var folder = SharedOptions.Folder();
        var kernel = SharedOptions.Kernel();
        var count = new Option<int>("--count") { Description = "How many VMs: vm1, vm2, …", DefaultValueFactory = _ => 1 };
        var keep = new Option<bool>("--keep") { Description = "Leave the VMs running; 'stop' ends them." };
        var stateDisk = new Option<bool>("--state-disk") { Description = "Give each VM a small disk: what the agent writes survives a reboot." };
        var disk = SharedOptions.Disk();
        var tpm = SharedOptions.Tpm();
        var loader = SharedOptions.Loader();
        count.Validators.Add(r =>
        {
            if (r.GetValueOrDefault<int>() is < 1 or > 16)
            {
                r.AddError("--count must be 1 to 16.");
            }
        });

        var command = new Command("boot", "Boot VMs and write DIR/inventory.yaml; without --keep they end with this program (Ctrl-C).")
        {
            folder, kernel, count, keep, stateDisk, disk, loader, tpm,
        };
        command.Validators.Add(r =>
        {
            if (r.GetValue(loader) is not null && !r.GetValue(disk))
            {
                r.AddError("--loader is for the guest with a boot loader: add --disk.");
            }
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var directory = parsed.GetRequiredValue(folder);
            var model = parsed.GetValue(tpm) switch { "crb" => TpmModel.Crb, "tis" => TpmModel.Tis, _ => TpmModel.None };
            var path = parsed.GetValue(loader) switch { "secure-boot" => BootPath.SecureBoot, "linuxefi" => BootPath.LinuxEfi, _ => BootPath.Linux };
            var image = parsed.GetValue(disk) ? await DiskGuest.BuildAsync(new DiskKind(path, model), cancellationToken) : null;
            var machine = image?.Machine ?? new TestVmOptions { Kernel = KernelFlavour.Parse(parsed.GetValue(kernel)!), Tpm = model, HasEfi = model != TpmModel.None };
            var options = Enumerable.Range(1, parsed.GetValue(count)).Select(n => machine with
            {
                Name = $"vm{n}",
                Folder = Path.Combine(directory.FullName, $"vm{n}"),
                KeepsRunning = parsed.GetValue(keep),
                HasDisk = parsed.GetValue(stateDisk),
            });
            await BootAsync(directory.FullName, [.. options], image, parsed.GetValue(keep), cancellationToken);
        });
        return command;
    }

    private static async Task BootAsync(string directory, TestVmOptions[] options, DiskImage? disk, bool keep, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(directory);
        var vms = await BootAllAsync(options, disk, cancellationToken);
        try
        {
            var inventory = Path.Combine(directory, "inventory.yaml");
            await File.WriteAllTextAsync(inventory, WriteInventory(vms, keep), cancellationToken);
            foreach (var vm in vms)
            {
                // QEMU serves one client of the console at a time, and the next one is 'console'.
                await vm.Console.DisposeAsync();
                Console.WriteLine($"{vm.Name}: booted in {vm.BootTime.TotalSeconds:0.0} s, process {vm.ProcessId}");
            }

            Console.WriteLine($"ready {inventory}");
            if (!keep)
            {
                await WaitForSignalAsync(cancellationToken);
            }
        }
        finally
        {
            await Task.WhenAll(vms.Select(v => v.DisposeAsync().AsTask()));
        }
    }

    private static async Task<TestVm[]> BootAllAsync(TestVmOptions[] options, DiskImage? disk, CancellationToken cancellationToken)
    {
        // Before VMs are booted side by side: each would wait for the same build and the same probe.
        var image = await GuestImage.BuildAsync(options[0].Kernel, cancellationToken);
        var accelerator = await AcceleratorProbe.ChooseAsync(image, cancellationToken);
        var booting = options.Select(o => TestVm.BootAsync(o, (BootImage?)disk ?? image, accelerator, cancellationToken)).ToArray();
        try
        {
            return await Task.WhenAll(booting);
        }
        catch
        {
            foreach (var vm in booting.Where(b => b.IsCompletedSuccessfully))
            {
                (await vm).KillOnDispose();
                await (await vm).DisposeAsync();
            }

            throw;
        }
    }

    /// <param name="isLeft">The VMs outlive this program, so that their monitors are free.</param>
    private static string WriteInventory(TestVm[] vms, bool isLeft)
    {
        var yaml = new StringBuilder("vms:\n");
        foreach (var (index, vm) in vms.Index())
        {
            yaml.Append("  - name: ").Append(vm.Name).Append('\n')
                .Append("    channel: \"").Append(vm.AgentSocket).Append("\"\n")
                .Append("    labels: { team: ").Append(index % 2 == 0 ? "a" : "b").Append(" }\n");
            if (isLeft)
            {
                yaml.Append("    monitor: \"").Append(vm.Folder.QmpSocket).Append("\"\n");
            }

            if (File.Exists(vm.PortSocket(TestVmOptions.QemuGuestAgentPort)))
            {
                yaml.Append("    qemu-ga: \"").Append(vm.PortSocket(TestVmOptions.QemuGuestAgentPort)).Append("\"\n");
            }
        }

        return yaml.ToString();
    }

    private static async Task WaitForSignalAsync(CancellationToken cancellationToken)
    {
        var signalled = new TaskCompletionSource();
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Note);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Note);
        await using var cancelled = cancellationToken.Register(() => signalled.TrySetResult());
        await signalled.Task;

        void Note(PosixSignalContext context)
        {
            context.Cancel = true;
            signalled.TrySetResult();
        }
    }
}
