using System.CommandLine;
using System.Diagnostics;

namespace GuestTune.Testing.Commands;

/// <summary>"stop": ends VMs that were left running, and removes their folder.</summary>
internal static class StopCommand
{
    public static Command Create()
    {
        var folder = SharedOptions.Folder();
        var command = new Command("stop", "End the VMs of a folder that 'boot --keep' left running, and remove the folder.") { folder };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var directory = parsed.GetRequiredValue(folder);
            if (!directory.Exists)
            {
                throw new TestVmException($"There is no folder '{directory}': nothing runs there.");
            }

            foreach (var vm in directory.GetDirectories().Select(d => VmFolder.Open(d.FullName)).Where(v => File.Exists(v.PidFile)))
            {
                await StopAsync(vm, cancellationToken);
            }

            directory.Delete(recursive: true);
        });
        return command;
    }

    private static async Task StopAsync(VmFolder vm, CancellationToken cancellationToken)
    {
        var pid = int.Parse((await File.ReadAllTextAsync(vm.PidFile, cancellationToken)).Trim());
        var commandLine = $"/proc/{pid}/cmdline";
        // Ids are used again: only a process that was started with this very file is the VM.
        if (File.Exists(commandLine) && (await File.ReadAllTextAsync(commandLine, cancellationToken)).Contains(vm.PidFile, StringComparison.Ordinal))
        {
            using var process = Process.GetProcessById(pid);
            process.Kill();
            await process.WaitForExitAsync(cancellationToken);
            Console.WriteLine($"{Path.GetFileName(vm.Path)}: stopped (process {pid})");
        }
    }
}
