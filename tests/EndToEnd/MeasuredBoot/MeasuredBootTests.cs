using System.Text;
using GuestTune.EndToEnd.Guests;
using GuestTune.Testing;

namespace GuestTune.EndToEnd.MeasuredBoot;

/// <summary>A real boot by OVMF with a TPM, of a guest in memory: what the guest's kernel says, what its TPM proves, and what the firmware's log tells agree.</summary>
[Collection(OneAtATime.Name)]
public sealed class MeasuredBootTests
{
    private const string Name = "measured";

    [Fact]
    public async Task Pcr_BootByEfiWithATpm_IsReadProvenAndTold()
    {
        Prerequisites.SkipIfTpmMissing();
        await using var guest = await GuestPool.BootOwnAsync(new TestVmOptions { Name = Name, Tpm = TpmModel.Tis, HasEfi = true, KernelArguments = "gt.mark=measured" });
        using var cli = guest.NewCli();
        string[] state = ["--state", Path.Combine(Path.GetDirectoryName(cli.Inventory)!, "state")];

        var read = (await cli.RunAsync("pcr", "read", Name, "--format", "tpm2")).ShouldEndWith(0);
        Assert.Equal(await ReadAsTheKernelSaysAsync(guest), read.Output);

        var quote = (await cli.RunAsync(["pcr", "quote", Name, .. state])).ShouldEndWith(0);
        Assert.Matches("(?m)^measured +4 +proven +agrees ", quote.Output);
        Assert.Matches("(?m)^measured: proven: bank sha256, key enrolled now", quote.Output);

        // Firmware, boot option and kernel are in the log, each with how much of it is proven.
        var events = (await cli.RunAsync(["pcr", "events", Name, .. state])).ShouldEndWith(0);
        Assert.Matches("(?m) EV_S_CRTM_VERSION +data ", events.Output);
        Assert.Matches("(?m) EV_EFI_BOOT_SERVICES_APPLICATION +digest ", events.Output);
        Assert.Matches("(?m) EV_SEPARATOR +data +end of what the firmware measured", events.Output);
        Assert.DoesNotMatch("(?m) none +", events.Output);

        var told = (await cli.RunJsonAsync(["pcr", "events", Name, .. state])).ShouldEndWith(0);
        var evidence = told.Vm(Name)["evidence"]!;
        Assert.Equal(guest.Vm.BootId, (string?)evidence["boot_id"]);
        Assert.True(evidence["events"]!.AsArray().Count > 10);
        Assert.Equal("pinned", (string?)evidence["key"]);

        // The same TPM, started once more; and once more again where emulated processors trip while the kernel boots. QEMU tells of every start.
        uint starts = 0;
        guest.Vm.Qmp.OnEvent = (name, _) => starts += name == "RESET" ? 1u : 0u;
        await guest.Vm.ResetAsync();
        await guest.Vm.WaitForAgentAsync();
        var again = (await cli.RunJsonAsync(["pcr", "quote", Name, .. state])).ShouldEndWith(0).Vm(Name)["evidence"]!;
        Assert.Equal("pinned", (string?)again["key"]);
        Assert.Equal((uint)evidence["clock"]!["reset_count"]! + starts, (uint)again["clock"]!["reset_count"]!);
        Assert.Equal(evidence["banks"]!.ToJsonString(), again["banks"]!.ToJsonString());
    }

    /// <summary>The kernel's copies in sysfs, laid out as tpm2_pcrread would.</summary>
    private static async Task<string> ReadAsTheKernelSaysAsync(Guest guest)
    {
        var lines = await guest.Console.ReadAsync("cd /sys/class/tpm/tpm0; for b in sha1 sha256 sha384 sha512; do for i in $(seq 0 23); do echo $b $i $(cat pcr-$b/$i); done; done");
        var text = new StringBuilder();
        foreach (var bank in lines.Split('\n').Select(l => l.Trim().Split(' ')).GroupBy(w => w[0], StringComparer.Ordinal))
        {
            text.Append("  ").Append(bank.Key).Append(":\n");
            foreach (var words in bank)
            {
                text.Append("    ").Append(words[1].PadRight(2)).Append(": 0x").Append(words[2]).Append('\n');
            }
        }

        return text.ToString();
    }
}
