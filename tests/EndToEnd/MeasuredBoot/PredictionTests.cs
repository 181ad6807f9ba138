using GuestTune.EndToEnd.Cli;
using GuestTune.EndToEnd.Disk;
using GuestTune.Testing;

namespace GuestTune.EndToEnd.MeasuredBoot;

/// <summary>A Debian guest whose GRUB measures each command and file: what this host changes was predicted to the last bit, and what others change is named.</summary>
public sealed class PredictionTests
{
    private const string Argument = "gt.predicted=1";
    private const int MostGuests = 3;

    [Fact]
    public async Task Check_ChangesOfOursAndOfOthers_OursAreAsPredictedAndOthersNamed()
    {
        // Emulated processors trip in one boot of some fifty on a busy host, and a boot trial rightly takes the change back then: another guest is asked.
        for (var guests = 1; !await TryAsync(isLast: guests == MostGuests); guests++)
        {
        }
    }

    /// <returns>False where the boot trial fell back.</returns>
    private static async Task<bool> TryAsync(bool isLast)
    {
        await using var guest = await DebianGuest.StartAsync(DiskKind.LinuxEfi);
        using var cli = guest.NewCli();
        (await cli.RunAsync("pcr", "baseline", "save", DebianGuest.Name)).ShouldEndWith(0);

        // The boot trial's own commands and files are among what is measured.
        var set = await cli.RunJsonAsync("set", "kernel-arguments", DebianGuest.Name, "--argument", Argument, "--reboot", "--trial", "required", "--operation-id", "op1");
        if (!isLast && (string?)set.Vm(DebianGuest.Name)["reboot"]?["trial"] == "fell-back")
        {
            return false;
        }

        set.ShouldEndWith(0);
        Assert.Equal("predicted", (string?)set.Vm(DebianGuest.Name)["forecast"]!["state"]);
        Assert.Equal("as-predicted", (string?)set.Vm(DebianGuest.Name)["reboot"]!["start"]!["state"]);
        await ShouldEqualAsync(cli, "the baseline of debian with the boot trial of GuestTune's operation op1");

        (await cli.RunAsync("reboot", DebianGuest.Name, "--trial", "off")).ShouldEndWith(0);
        await ShouldEqualAsync(cli, $"the baseline of debian with GuestTune's change op1 (+{Argument})");

        // Somebody else uses the same restart.
        (await cli.RunAsync("undo", DebianGuest.Name, "--operation-id", "op2")).ShouldEndWith(0);
        await guest.Console.ReadAsync(@"sed -i 's/\(linuxefi\t.*\)quiet/\1quiet mitigations=off/' /boot/grub/grub.cfg; sync");
        var unpredicted = (await cli.RunAsync("reboot", DebianGuest.Name, "--trial", "off")).ShouldEndWith(0);
        Assert.Contains("cannot predict, so pcr check will differ: /boot/grub/grub.cfg is not what GRUB measured", unpredicted.Output, StringComparison.Ordinal);
        var foreign = (await cli.RunAsync("pcr", "check", DebianGuest.Name)).ShouldEndWith(1);
        Assert.Contains("differs from the baseline of debian: PCR 8, 9", foreign.Error, StringComparison.Ordinal);
        Assert.Contains("+mitigations=off (event", foreign.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(Argument, foreign.Output, StringComparison.Ordinal);
        return true;
    }

    private static async Task ShouldEqualAsync(GuesttuneCli cli, string reference)
    {
        var check = (await cli.RunAsync("pcr", "check", DebianGuest.Name)).ShouldEndWith(0);
        Assert.StartsWith($"debian: proven equal to {reference} (14 registers)\n", check.Output, StringComparison.Ordinal);
    }
}
