using System.Diagnostics;

namespace GuestTune.Testing;

/// <summary>The TPM of a VM: swtpm, started before QEMU, and ended by QEMU's end; what it remembers stays in the VM's folder.</summary>
internal static class VmTpm
{
    public const string Program = "swtpm";

    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);

    public static IEnumerable<string> QemuArguments(TpmModel model, VmFolder folder) => model == TpmModel.None ? [] :
    [
        "-chardev", $"socket,id=tpm,path={Testing.QemuArguments.Escape(folder.TpmSocket)}", "-tpmdev", "emulator,id=tpm0,chardev=tpm",
        "-device", model == TpmModel.Crb ? "tpm-crb,tpmdev=tpm0" : "tpm-tis,tpmdev=tpm0",
    ];

    /// <param name="start">Starts a program that lives as long as the VM.</param>
    public static async Task<Process> StartAsync(VmFolder folder, Func<string, IReadOnlyList<string>, Task<Process>> start, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder.TpmState);
        File.Delete(folder.TpmSocket);
        // --terminate: it ends when QEMU, which alone connects, goes away.
        var process = await start(Program, ["socket", "--tpm2", "--tpmstate", $"dir={folder.TpmState}", "--ctrl", $"type=unixio,path={folder.TpmSocket}", "--terminate"]);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(StartLimit);
        while (!ServedSocket.IsServed(folder.TpmSocket))
        {
            if (process.HasExited)
            {
                throw new TestVmException($"swtpm ended at once with exit code {process.ExitCode}");
            }

            await Task.Delay(10, deadline.Token);
        }

        return process;
    }
}
