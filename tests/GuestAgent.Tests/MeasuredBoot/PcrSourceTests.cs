using System.Diagnostics;
using GuestTune.Agent.MeasuredBoot;
using GuestTune.MeasuredBoot.Tpm;
using GuestTune.Practices;
using GuestTune.Practices.Commands;
using GuestTune.Practices.Files;
using GuestTune.SoftwareTpms;

namespace GuestTune.Agent.Tests.MeasuredBoot;

/// <summary>Which TPM a guest has, how it can be reached, and what is said where it cannot.</summary>
public sealed class PcrSourceTests : IDisposable
{
    private const int NotPermitted = 1;
    private const int AccessDenied = 13;
    private const int Busy = 16;

    private readonly GuestTree _tree = GuestTree.WithoutHaltpoll();

    public void Dispose() => _tree.Dispose();

    [Fact]
    public async Task Read_NoDevice_TakesTheKernelsCopiesAndSaysSo()
    {
        Tpm2();
        Sysfs("sha256", 64, 'A');
        Sysfs("sm3", 64, 'B');

        var reading = await ReadAsync(new FakeTpmDevices());

        Assert.Equal("/sys/class/tpm/tpm0/pcr-*", reading.Source);
        Assert.Contains("there is no device for it", reading.DeviceProblem, StringComparison.Ordinal);
        Assert.Equal([new PcrSelection(TpmAlgorithm.Sha256, PcrSelection.AllPcrs), new PcrSelection(TpmAlgorithm.Sm3, PcrSelection.AllPcrs)], reading.Banks);
        Assert.Equal(Enumerable.Repeat((byte)0xAA, 32), reading.Values[5].Digest);
    }

    [Fact]
    public async Task Read_SomeOfSysfs_GivesNoMoreThanWasAskedFor()
    {
        Tpm2();
        Sysfs("sha256", 64, 'A');
        _tree.Write("/sys/class/tpm/tpm0/pcr-sha256/3", "no digest\n");

        var reading = await ReadAsync(new FakeTpmDevices(), wanted: [new PcrSelection(TpmAlgorithm.Sha256, 0b1111)]);

        Assert.Equal(0b0111u, Assert.Single(reading.Banks).Mask);
        Assert.Equal([0, 1, 2], reading.Values.Select(v => v.Index));
    }

    [Fact]
    public async Task Read_NoDeviceAndNoSysfs_AsksTheTools()
    {
        Tpm2();
        using var tpm = new SoftwareTpm("sha1,sha256");
        tpm.Extend(4, PcrBank.Sha256, new byte[32]);
        tpm.Disconnect();
        var tools = new FakeCommands(("tpm2_pcrread", _ => new CommandResult(0, Tpm2PcrRead(tpm), "")));

        var reading = await ReadAsync(FakeTpmDevices.Refusing(Busy), tools);

        Assert.Equal("tpm2_pcrread", reading.Source);
        Assert.Contains("another program has the TPM for itself", reading.DeviceProblem, StringComparison.Ordinal);
        var client = new TpmClient(tpm);
        Assert.Equal(client.ReadAllocation(), reading.Banks);
        Assert.Equal(client.ReadPcrs(reading.Banks).Select(Shown), reading.Values.Select(Shown));
    }

    [Fact]
    public async Task Read_ToolFails_SaysWhatIsWrongWithTheDevice()
    {
        Tpm2();
        var tools = new FakeCommands(("tpm2_pcrread", _ => new CommandResult(1, "", "ERROR: no TPM")));

        Assert.Contains("DeviceAllow=char-tpm", (await Refused(FakeTpmDevices.Refusing(AccessDenied), tools)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(AccessDenied, "the agent must run as root")]
    [InlineData(NotPermitted, "the agent must run as root")]
    [InlineData(Busy, "another program has the TPM for itself")]
    [InlineData(5, "cannot open /dev/tpmrm0: errno 5")]
    public async Task Read_DeviceRefuses_SaysWhy(int errno, string said)
    {
        Tpm2();

        Assert.Contains(said, (await Refused(FakeTpmDevices.Refusing(errno))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_KernelWithoutResourceManager_TakesTheOtherDevice()
    {
        Tpm2();
        using var tpm = new SoftwareTpm("sha256");

        Assert.Equal("/dev/tpm0", (await ReadAsync(FakeTpmDevices.Of(tpm, "/dev/tpm0"))).Source);
    }

    [Theory]
    [InlineData("/sys/firmware/acpi/tables/TPM2", "the firmware has a TPM 2.0, and this kernel no driver for it")]
    [InlineData("/sys/firmware/acpi/tables/TCPA", "this guest has a TPM 1.2, and no driver")]
    [InlineData("/sys/class/tpm/tpm0/caps", "this guest has a TPM 1.2; only TPM 2.0 is supported")]
    [InlineData("/etc/nothing", "this guest has no TPM: give its domain <tpm")]
    public async Task Read_NoTpmToTalkTo_SaysWhatThereIs(string file, string said)
    {
        _tree.Write(file, "");

        Assert.Contains(said, (await Refused(new FakeTpmDevices())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_Tpm12_IsReportedAsSuch()
    {
        _tree.Write("/sys/class/tpm/tpm0/tpm_version_major", "1\n");
        _tree.Write("/sys/class/tpm/tpm0/pcrs", "PCR-00: 00 00\n");

        Assert.Contains("TPM 1.2", (await Refused(new FakeTpmDevices())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_TpmThatAnswersNonsense_IsRefused()
    {
        Tpm2();

        Assert.Contains("a response says that it has", (await Refused(FakeTpmDevices.Of(new Babbler()))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Execute_DeviceWithoutAnAnswer_SaysSo()
    {
        var files = new RootedFileSystem("/");
        using var silent = new TpmDevice(DeviceFile.OpenToTalk(files, "/dev/null"), "/dev/null");
        using var full = new TpmDevice(DeviceFile.OpenToTalk(files, "/dev/full"), "/dev/full");

        Assert.Contains("/dev/null answered with 0 bytes", Assert.Throws<IOException>(() => silent.Execute(new byte[10])).Message, StringComparison.Ordinal);
        Assert.Contains("/dev/full takes no command", Assert.Throws<IOException>(() => full.Execute(new byte[10])).Message, StringComparison.Ordinal);
        Assert.Contains("takes 10 to 4096", Assert.Throws<IOException>(() => silent.Execute(new byte[4097])).Message, StringComparison.Ordinal);
        Assert.Contains("takes 10 to 4096", Assert.Throws<IOException>(() => silent.Execute(new byte[9])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Execute_OneWriteAndOneRead_CarryACommandAndItsResponse()
    {
        // A FIFO that one opener has for both gives back what was written.
        var path = _tree.File("/tpm");
        Process.Start("mkfifo", path).WaitForExit();
        using var echo = new TpmDevice(DeviceFile.OpenToTalk(new RootedFileSystem("/"), path), path);
        var command = Enumerable.Range(0, 4096).Select(i => (byte)i).ToArray();

        Assert.Equal(command, echo.Execute(command));
        Assert.Equal(command[..10], echo.Execute(command.AsSpan(0, 10)));
    }

    private void Tpm2() => _tree.Write("/sys/class/tpm/tpm0/tpm_version_major", "2\n");

    private void Sysfs(string bank, int digits, char digit)
    {
        for (var i = 0; i < PcrSelection.PcrCount; i++)
        {
            _tree.Write($"/sys/class/tpm/tpm0/pcr-{bank}/{i}", new string(digit, digits) + "\n");
        }
    }

    private Task<PcrReading> ReadAsync(ITpmDevices devices, ICommandRunner? commands = null, params IReadOnlyList<PcrSelection> wanted)
    {
        var files = new RootedFileSystem(_tree.Path);
        return new PcrReader(new GuestTpm(files, devices), new PcrMemory(), new SysfsPcrs(files), new ToolPcrs(commands ?? new FakeCommands())).ReadAsync(wanted, default);
    }

    private Task<PracticeException> Refused(ITpmDevices devices, ICommandRunner? commands = null) =>
        Assert.ThrowsAsync<PracticeException>(() => ReadAsync(devices, commands));

    private static string Shown(PcrValue value) => $"{value.Bank} {value.Index} {Convert.ToHexString(value.Digest)}";

    private static string Tpm2PcrRead(SoftwareTpm tpm)
    {
        using var process = Process.Start(new ProcessStartInfo("tpm2_pcrread") { UseShellExecute = false, RedirectStandardOutput = true, Environment = { ["TPM2TOOLS_TCTI"] = tpm.Tcti } })!;
        return process.StandardOutput.ReadToEnd();
    }

    private sealed class Babbler : ITpmTransport
    {
        public byte[] Execute(ReadOnlySpan<byte> command) => "This is no response at all"u8.ToArray();
    }
}
