namespace GuestTune.Testing;

/// <summary>Decides once per boot of this machine whether guests run on KVM.</summary>
/// <remarks>
/// That /dev/kvm can be opened proves little: nested in some hypervisors it runs a few instructions and then fails. So a guest is booted.
/// </remarks>
public static class AcceleratorProbe
{
    /// <summary>"kvm" or "tcg": no probe.</summary>
    public const string Variable = "GUESTTUNE_ACCEL";

    private static readonly TimeSpan KvmBootTimeout = TimeSpan.FromSeconds(15);

    public static async Task<Accelerator> ChooseAsync(GuestImage image, CancellationToken cancellationToken = default)
    {
        switch (Environment.GetEnvironmentVariable(Variable))
        {
            case "kvm":
                return Accelerator.Kvm;
            case "tcg":
                return Accelerator.Tcg;
            case { Length: > 0 } other:
                throw new TestVmException($"{Variable} is '{other}'; it can be 'kvm' or 'tcg'.");
        }

        if (!File.Exists("/dev/kvm"))
        {
            return Accelerator.Tcg;
        }

        var cache = BuildCache.Default;
        var machineBoot = (await File.ReadAllTextAsync("/proc/sys/kernel/random/boot_id", cancellationToken)).Trim();
        var folder = await cache.GetOrMakeAsync(
            "accelerator", machineBoot, keep: 1, (f, ct) => ProbeAsync(image, Path.Combine(f, "id"), ct), cancellationToken);
        var id = await File.ReadAllTextAsync(Path.Combine(folder, "id"), cancellationToken);
        return id == Accelerator.Kvm.Id ? Accelerator.Kvm : Accelerator.Tcg;
    }

    private static async Task ProbeAsync(GuestImage image, string answerFile, CancellationToken cancellationToken)
    {
        var options = new TestVmOptions { Name = "probe", StartsAgent = false, BootTimeout = KvmBootTimeout, Kernel = image.Flavour };
        var answer = Accelerator.Kvm;
        try
        {
            await using var vm = await TestVm.BootAsync(options, image, Accelerator.Kvm, cancellationToken);
        }
        catch (TestVmException)
        {
            answer = Accelerator.Tcg;
        }

        await File.WriteAllTextAsync(answerFile, answer.Id, cancellationToken);
    }
}
