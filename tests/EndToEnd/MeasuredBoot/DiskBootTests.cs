using System.Text.Json.Nodes;
using GuestTune.EndToEnd.Cli;
using GuestTune.EndToEnd.Disk;
using GuestTune.SoftwareTpms;
using GuestTune.Testing;

namespace GuestTune.EndToEnd.MeasuredBoot;

/// <summary>Debian started by firmware, shim and grub, all of which measure: tpm2-tools, in the guest and here, say the same of it as guesttune.</summary>
public sealed class DiskBootTests
{
    private const string Log = "/sys/kernel/security/tpm0/binary_bios_measurements";

    [Fact]
    public async Task Pcr_GrubsLinux_IsProvenAndSaysThatThereIsNoLog()
    {
        await using var guest = await DebianGuest.StartAsync(DiskKind.Linux);
        using var cli = guest.NewCli();

        await ShouldReadAsTpm2ToolsAsync(guest, cli);
        var quote = (await cli.RunAsync("pcr", "quote", DebianGuest.Name)).ShouldEndWith(0);
        Assert.Matches("(?m)^debian +8 +proven +no log +(?!0{64})", quote.Output);
        Assert.Contains("PCRs without a log", quote.Output, StringComparison.Ordinal);

        var events = (await cli.RunAsync("pcr", "events", DebianGuest.Name)).ShouldEndWith(1);
        Assert.Contains("PCRs without a log", events.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pcr_GrubsLinuxEfi_IsProvenWithTheLogThatTpm2ToolsRead()
    {
        await using var guest = await DebianGuest.StartAsync(DiskKind.LinuxEfi);
        using var cli = guest.NewCli();

        await ShouldReadAsTpm2ToolsAsync(guest, cli);
        var evidence = await ShouldBeProvenWithTheLogAsync(guest, cli);
        var commandLine = evidence["events"]!.AsArray().Single(e => ((string)e!["what"]!).StartsWith("kernel_cmdline: ", StringComparison.Ordinal))!;
        Assert.Equal((8, "content"), ((int)commandLine["pcr"]!, (string)commandLine["proof"]!));
        Assert.Equal($"kernel_cmdline: {(await guest.ReadCommandLineAsync())["BOOT_IMAGE=".Length..]}", (string)commandLine["what"]!);
    }

    [Fact]
    public async Task Pcr_SecureBoot_IsProvenWithTheLogAndTheSwitchItself()
    {
        await using var guest = await DebianGuest.StartAsync(DiskKind.SecureBoot);
        using var cli = guest.NewCli();

        var evidence = await ShouldBeProvenWithTheLogAsync(guest, cli);
        Assert.Contains(
            evidence["events"]!.AsArray(),
            e => ((int)e!["pcr"]!, (string)e["type"]!, (string)e["what"]!, (string)e["proof"]!) == (7, "EV_EFI_VARIABLE_DRIVER_CONFIG", "SecureBoot = on", "data"));
        Assert.Contains("SecureBoot enabled", await guest.Console.ReadAsync("mokutil --sb-state"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_CommandLineChangedBehindOurBack_NamesTheArguments()
    {
        await using var guest = await DebianGuest.StartAsync(DiskKind.LinuxEfi);
        using var cli = guest.NewCli();
        (await cli.RunAsync("pcr", "baseline", "save", DebianGuest.Name)).ShouldEndWith(0);
        (await cli.RunAsync("pcr", "check", DebianGuest.Name)).ShouldEndWith(0);

        // grub reads a file system without its journal: only what is unmounted is where grub looks for it.
        await guest.Console.ReadAsync(@"sed -i 's/^\(\tlinuxefi\t.*\) quiet$/\1 audit=0 loglevel=3/' /boot/grub/grub.cfg && umount /boot/efi /boot");
        await guest.Vm.RebootAsync();
        await guest.Vm.WaitForAgentAsync();
        Assert.EndsWith(" audit=0 loglevel=3", await guest.ReadCommandLineAsync(), StringComparison.Ordinal);

        // The agent has just started, and compiles what it needs.
        var check = (await cli.RunAsync("pcr", "check", DebianGuest.Name)).ShouldEndWith(1);

        Assert.Matches("(?m)^ *PCR 8: (?=.*-quiet)(?=.*\\+audit=0)(?=.*\\+loglevel=3).*kernel_cmdline", check.Output + check.Error);
        Assert.Matches("(?m)differs from .*: PCR 8, 9$", check.Output + check.Error);
    }

    /// <summary>Byte for byte what tpm2_pcrread says of the same TPM.</summary>
    private static async Task ShouldReadAsTpm2ToolsAsync(DebianGuest guest, GuesttuneCli cli)
    {
        var read = (await cli.RunAsync("pcr", "read", DebianGuest.Name, "--format", "tpm2")).ShouldEndWith(0);
        var judge = await guest.Console.ExecuteAsync("tpm2_pcrread");
        Assert.Equal((0, read.Output), (judge.ExitCode, judge.Output));
    }

    private static async Task<JsonNode> ShouldBeProvenWithTheLogAsync(DebianGuest guest, GuesttuneCli cli)
    {
        var evidence = (await cli.RunJsonAsync("pcr", "events", DebianGuest.Name)).ShouldEndWith(0).Vm(DebianGuest.Name)["evidence"]!;
        Assert.True((bool)evidence["proven"]!);
        Assert.Equal("agrees", (string?)evidence["log_agreement"]!.AsArray().Single(p => (int)p!["pcr"]! == 8)!["log"]);
        var folder = Path.GetDirectoryName(cli.Inventory)!;

        var quote = evidence["quote"]!;
        byte[] Bytes(string name) => Convert.FromBase64String((string)quote[name]!);
        string Write(string name, byte[] content)
        {
            var path = Path.Combine(folder, name);
            File.WriteAllBytes(path, content);
            return path;
        }

        // A TPM2B_PUBLIC is a TPMT_PUBLIC behind two bytes of length.
        var key = Bytes("attestation_key");
        (await HostCommand.RunAsync("tpm2_checkquote",
        [
            "--public", Write("key", [(byte)(key.Length >> 8), (byte)key.Length, .. key]), "--message", Write("message", Bytes("attest")),
            "--signature", Write("signature", Bytes("signature")), "--qualification", Convert.ToHexStringLower(Bytes("nonce")),
        ])).ThrowIfFailed("tpm2_checkquote");

        var log = Write("log", Convert.FromBase64String(await guest.Console.ReadAsync($"base64 -w 0 {Log}")));
        var judged = Tpm2EventLog.Read(log).Select(e => (e.Pcr, e.Type, e.DigestsByBank.TryGetValue("sha256", out var d) ? d : null));
        Assert.Equal(judged, evidence["events"]!.AsArray().Select(e => ((int)e!["pcr"]!, (string)e["type"]!, (string?)e["digests"]?["sha256"])));
        return evidence;
    }
}
