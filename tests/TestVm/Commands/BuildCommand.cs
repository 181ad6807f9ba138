using System.CommandLine;

namespace GuestTune.Testing.Commands;

/// <summary>"build": everything that is slow, before it is needed.</summary>
internal static class BuildCommand
{
    public static Command Create()
    {
        var disk = SharedOptions.Disk();
        var measured = new Option<bool>("--measured") { Description = "The guests on a disk that have a TPM, too." };
        var command = new Command("build", "Publish agent and CLI, fetch kernels, write images, find out whether KVM works; prints where they are.") { disk, measured };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            Console.WriteLine($"agent      {await PublishedPrograms.GetAgentAsync(cancellationToken)}");
            Console.WriteLine($"cli        {await PublishedPrograms.GetCliAsync(cancellationToken)}");
            GuestImage? image = null;
            foreach (var flavour in KernelFlavour.All)
            {
                image = await GuestImage.BuildAsync(flavour, cancellationToken);
                Console.WriteLine($"kernel     {image.Kernel}");
                Console.WriteLine($"initramfs  {image.Initramfs} ({new FileInfo(image.Initramfs).Length >> 20} MiB)");
            }

            if (parsed.GetValue(disk) || parsed.GetValue(measured))
            {
                Console.WriteLine($"disk       {(await DiskGuest.BuildAsync(DiskKind.Plain, cancellationToken)).Folder}");
            }

            if (parsed.GetValue(measured))
            {
                // Their time goes by in guests.
                await Parallel.ForEachAsync(
                    DiskKind.Measured, new ParallelOptions { MaxDegreeOfParallelism = 2, CancellationToken = cancellationToken },
                    async (kind, ct) => Console.WriteLine($"disk       {(await DiskGuest.BuildAsync(kind, ct)).Folder}"));
            }

            Console.WriteLine($"accel      {(await AcceleratorProbe.ChooseAsync(image!, cancellationToken)).Id}");
        });
        return command;
    }
}
