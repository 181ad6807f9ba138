using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using GuestTune.HostController.Tests.Fakes;
using GuestTune.MeasuredBoot.Attestation;
using GuestTune.MeasuredBoot.EventLog;
using GuestTune.MeasuredBoot.Tpm;
using GuestTune.SoftwareTpms;

namespace GuestTune.HostController.Tests.MeasuredBoot;

/// <summary>The commands over a real TPM, with tpm2-tools on the same TPM as judge.</summary>
public sealed class PcrCommandTests : IAsyncLifetime
{
    private readonly SoftwareTpm _tpm = new("sha1,sha256");
    private TestFleet _fleet = null!;
    private string _inventory = null!;

    public async ValueTask InitializeAsync()
    {
        _fleet = await TestFleet.StartAsync("vm1");
        _inventory = _fleet.WriteInventory();
        _fleet.Vms[0].Tpm.Tpm = _tpm;
        _fleet.Vms[0].Tpm.EventLog = new EventLogWriter()
            .Measure(_tpm, 4, EventType.EfiBootServicesApplication, "\u001b[31m"u8.ToArray(), measured: "its code"u8.ToArray())
            .Measure(_tpm, 8, EventType.Ipl, Encoding.ASCII.GetBytes("kernel_cmdline: /vmlinuz root=/dev/vda\0"), measured: "/vmlinuz root=/dev/vda"u8.ToArray())
            .Log;
    }

    public async ValueTask DisposeAsync()
    {
        await _fleet.DisposeAsync();
        _tpm.Dispose();
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("--bank sha256", "sha256:all")]
    [InlineData("--bank sha384 --pcr 1", "sha384:1")]
    [InlineData("--bank sha1 --bank sha256 --pcr 0-2,10,23", "sha1:0,1,2,10,23+sha256:0,1,2,10,23")]
    public async Task Read_InTheFormatOfTpm2Tools_IsByteForByteWhatTheyPrint(string ours, string theirs)
    {
        var (code, output, error) = await RunAsync($"pcr read vm1 --format tpm2 {ours}");

        Assert.Equal((0, ""), (code, error));
        Assert.Equal(Tool("tpm2_pcrread", theirs), output);
    }

    [Fact]
    public async Task Read_WithoutAFormat_SaysThatNothingIsAuthenticated()
    {
        var (code, output, _) = await RunAsync("pcr read vm1 --pcr 0");

        Assert.Equal(0, code);
        Assert.StartsWith("vm1: unauthenticated, as the guest read them from /dev/tpmrm0", output, StringComparison.Ordinal);
        Assert.EndsWith("  sha1:\n    0 : 0x" + new string('0', 40) + "\n  sha256:\n    0 : 0x" + new string('0', 64) + "\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_AsJson_SaysThatNothingIsAuthenticated()
    {
        var pcrs = JsonDocument.Parse((await RunAsync("pcr read vm1 --bank sha256 --pcr 17 -o json")).Out).RootElement.GetProperty("vms")[0].GetProperty("pcrs");

        Assert.False(pcrs.GetProperty("authenticated").GetBoolean());
        Assert.Equal(new string('f', 64), pcrs.GetProperty("banks").GetProperty("sha256").GetProperty("17").GetString());
    }

    [Fact]
    public async Task Quote_OfARealTpm_IsProven()
    {
        var (code, output, error) = await RunAsync("pcr quote vm1 --pcr 0,4,8");

        Assert.Equal((0, ""), (code, error));
        Assert.Matches("(?m)^vm1 +8 +proven +agrees +[0-9a-f]{64}$", output);
        Assert.Matches("(?m)^vm1 +0 +proven +untouched +0{64}$", output);
        Assert.Contains("vm1: proven: bank sha256, key enrolled now; resets", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Quote_WhoseLogLies_FailsAndNamesTheRegister()
    {
        _fleet.Vms[0].Tpm.EventLog = new EventLogWriter().Measure(null, 4, EventType.EfiAction, "a lie"u8.ToArray()).Log;

        var (code, output, error) = await RunAsync("pcr quote vm1 --pcr 4");

        Assert.Equal(1, code);
        Assert.Contains("not proven: PCR 4: the event log does not agree with the register", error, StringComparison.Ordinal);
        Assert.Matches("(?m)^vm1 +4 +not proven +mismatch", output);
    }

    [Fact]
    public async Task Quote_AsJson_IsWhatTpm2ToolsAccept()
    {
        var evidence = JsonDocument.Parse((await RunAsync("pcr quote vm1 --pcr 0-7 -o json")).Out).RootElement.GetProperty("vms")[0].GetProperty("evidence");
        var quote = evidence.GetProperty("quote");
        var key = TpmPublic.Parse(quote.GetProperty("attestation_key").GetBytesFromBase64());
        using var ecdsa = ECDsa.Create(key.ToEcParameters());
        File.WriteAllText(PathOf("ak.pem"), ecdsa.ExportSubjectPublicKeyInfoPem());
        File.WriteAllBytes(PathOf("quote"), quote.GetProperty("attest").GetBytesFromBase64());
        File.WriteAllBytes(PathOf("signature"), quote.GetProperty("signature").GetBytesFromBase64());
        var nonce = Convert.ToHexStringLower(quote.GetProperty("nonce").GetBytesFromBase64());

        Assert.True(evidence.GetProperty("proven").GetBoolean());
        Tool("tpm2_checkquote", $"--public {PathOf("ak.pem")} --message {PathOf("quote")} --signature {PathOf("signature")} --qualification {nonce}");
        Assert.ThrowsAny<Exception>(() =>
            Tool("tpm2_checkquote", $"--public {PathOf("ak.pem")} --message {PathOf("quote")} --signature {PathOf("signature")} --qualification {new string('0', 64)}"));
    }

    [Fact]
    public void Verify_QuoteOfTpm2Tools_IsAccepted()
    {
        Tool("tpm2_createek", $"--ek-context {PathOf("ek")} --key-algorithm ecc");
        Tool("tpm2_flushcontext", "--transient-object");
        Tool("tpm2_createak", $"--ek-context {PathOf("ek")} --ak-context {PathOf("ak")} --key-algorithm ecc --hash-algorithm sha256 --signing-algorithm ecdsa --public {PathOf("ak.pub")}");
        Tool("tpm2_flushcontext", "--transient-object");
        Tool("tpm2_quote", $"--key-context {PathOf("ak")} --pcr-list sha256:0,4,8 --qualification {new string('a', 64)} --message {PathOf("quote")} --signature {PathOf("signature")}");
        Tool("tpm2_flushcontext", "--transient-object");
        var selection = new PcrSelection(TpmAlgorithm.Sha256, 0x111);

        // A TPM2B_PUBLIC: two bytes of length come first.
        var verdict = QuoteVerifier.Verify(
            TpmPublic.Parse(File.ReadAllBytes(PathOf("ak.pub")).AsSpan(2)),
            File.ReadAllBytes(PathOf("quote")),
            File.ReadAllBytes(PathOf("signature")),
            Convert.FromHexString(new string('a', 64)),
            selection,
            new TpmClient(_tpm).ReadPcrs([selection]));

        Assert.Empty(verdict.Problems);
    }

    [Fact]
    public async Task Events_OfABoot_TellWhatIsProvenAndEscapeTheRest()
    {
        var (code, output, _) = await RunAsync("pcr events vm1");

        Assert.Equal(0, code);
        Assert.Matches(@"(?m)^1 +4 +EV_EFI_BOOT_SERVICES_APPLICATION +digest +\S", output);
        Assert.Matches(@"(?m)^2 +8 +EV_IPL +content +kernel_cmdline: /vmlinuz root=/dev/vda", output);
        Assert.DoesNotContain('\u001b', output);
    }

    [Fact]
    public async Task Events_OfOneRegister_LeaveOutTheOthers()
    {
        var (_, output, _) = await RunAsync("pcr events vm1 --pcr 8");

        Assert.Contains("kernel_cmdline", output, StringComparison.Ordinal);
        Assert.DoesNotContain("EV_EFI_BOOT_SERVICES_APPLICATION", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Events_WithoutALog_FailAndSaySo()
    {
        _fleet.Vms[0].Tpm.EventLog = null;

        var (code, _, error) = await RunAsync("pcr events vm1");

        Assert.Equal(1, code);
        Assert.Contains("PCRs without a log", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Quote_OfAVmWithoutATpm_Fails()
    {
        _fleet.Vms[0].Tpm.Tpm = null;

        var (code, _, error) = await RunAsync("pcr quote vm1");

        Assert.Equal(1, code);
        Assert.Contains("this guest has no TPM", error, StringComparison.Ordinal);
    }

    private Task<(int ExitCode, string Out, string Error)> RunAsync(string line) =>
        Fakes.Cli.RunAsync([.. line.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--inventory", _inventory, "--state", _fleet.StatePath, "--timeout", "120"]);

    private string PathOf(string name) => Path.Combine(_fleet.Directory, name);

    private string Tool(string program, string arguments)
    {
        _tpm.Disconnect();
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["TPM2TOOLS_TCTI"] = _tpm.Tcti },
        })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new IOException($"{program} failed: {errors.GetAwaiter().GetResult()}");
    }
}
