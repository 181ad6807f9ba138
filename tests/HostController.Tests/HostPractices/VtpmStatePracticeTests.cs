using System.Diagnostics;
using GuestTune.Controller.HostPractices;
using GuestTune.Practices;
using GuestTune.SoftwareTpms;
using static GuestTune.HostController.Tests.Fakes.Cli;

namespace GuestTune.HostController.Tests.HostPractices;

/// <summary>Directories of swtpm as Debian and libvirt make them, as the guide wants them, and as they should not be.</summary>
public sealed class VtpmStatePracticeTests : IDisposable
{
    private const string Authority = "/var/lib/swtpm-localca";
    private const string Vm = "/var/lib/libvirt/swtpm/6f0dcf4b-9d7a-4f39-a3d5-2c5f4a0b8f11";

    private readonly HostTree _tree = new();

    public VtpmStatePracticeTests()
    {
        // Whoever runs the tests is the user that swtpm runs as.
        var me = Run("id", "-u");
        _tree.Write("/etc/passwd", $"root:x:0:0::/root:/bin/sh\nswtpm:x:{me}:{me}::/:/bin/false\n");
        _tree.Write("/etc/libvirt/qemu.conf", "#swtpm_user = \"tss\"\nswtpm_user = \"swtpm\"\n");
    }

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void Observe_NoTpmEver_IsNotApplicable() => Assert.Equal(Verdict.NotApplicable, Observe().Verdict);

    [Fact]
    public void Observe_AsLibvirtAndSwtpmMakeThem_IsEffective()
    {
        Provision();

        var seen = Observe();

        Assert.Equal((Verdict.Effective, "only root and swtpm may read and change TPMs of VMs and the keys of their CA"), (seen.Verdict, seen.Reason));
        Assert.Equal(["swtpm_user", "swtpm-localca", "issuercert.pem", "signkey.pem", "swtpm", Path.GetFileName(Vm), "tpm2", "tpm2-00.permall"], seen.Facts.Select(f => f.Name));
    }

    [Fact]
    public void Observe_FilesOfTheRealSwtpm_AreEffectiveInTheirDirectories()
    {
        using var tpm = new SoftwareTpm(isCertified: true);
        Provision();
        Run("cp", "-a", $"{tpm.Folder}/ca/.", _tree.PathOf(Authority));
        Run("cp", "-a", $"{tpm.Folder}/tpm2-00.permall", _tree.PathOf(Vm + "/tpm2"));
        File.SetUnixFileMode(_tree.PathOf(Authority), (UnixFileMode)0x1E8);

        var seen = Observe();

        Assert.Equal(Verdict.Effective, seen.Verdict);
        Assert.Contains(seen.Facts, f => f.Name == "swtpm-localca-rootca-privkey.pem");
    }

    [Theory]
    [InlineData(Authority, 0x1FF, "mode 0777: the CA's keys can be taken or replaced by others", "chmod 0750 " + Authority)]
    [InlineData(Authority + "/signkey.pem", 0x1A4, "mode 0644: anybody who may read it can certify TPMs", "chmod 0640 " + Authority + "/signkey.pem")]
    [InlineData(Authority + "/issuercert.pem", 0x1B6, "mode 0666: others may change it", "chmod 0644 ")]
    [InlineData("/var/lib/libvirt/swtpm", 0x1FF, "another TPM in the place of a VM's", "chmod 0711 /var/lib/libvirt/swtpm")]
    [InlineData(Vm + "/tpm2", 0x1ED, "mode 0755: others may copy this VM's TPM", "chmod 0700 " + Vm + "/tpm2")]
    [InlineData(Vm + "/tpm2/tpm2-00.permall", 0x1B4, "mode 0664: others may copy this VM's TPM", "chmod 0600 ")]
    public void Observe_TooManyRights_IsAFindingWithItsMending(string path, int mode, string said, string mending)
    {
        Provision();
        File.SetUnixFileMode(_tree.PathOf(path), (UnixFileMode)mode);

        var seen = Observe();

        Assert.Equal(Verdict.Failed, seen.Verdict);
        var finding = Assert.Single(seen.Facts, f => f.Problem is not null);
        Assert.Equal(path, finding.Source);
        Assert.Contains(said, finding.Problem, StringComparison.Ordinal);
        Assert.Contains(mending, finding.Problem, StringComparison.Ordinal);
        Assert.StartsWith($"{path}: mode", seen.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Observe_GuidesChmodOnEverything_NamesEachFile()
    {
        Provision();
        Run("chmod", "-R", "777", _tree.PathOf(Authority));

        var seen = Observe();

        Assert.Equal(3, seen.Facts.Count(f => f.Problem is not null));
        Assert.EndsWith("; and 2 more", seen.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Observe_SomebodyElses_IsAFinding()
    {
        Provision();
        _tree.Write("/etc/passwd", "root:x:0:0::/root:/bin/sh\nswtpm:x:4711:4711::/:/bin/false\n");

        // As root everything here is root's, which swtpm's user cannot write to; else it is a stranger's.
        Assert.Contains(Observe().Facts, f => f.Source == Authority && f.Problem?.Contains("chown ", StringComparison.Ordinal) is true);
    }

    [Fact]
    public void Observe_Link_IsNotFollowed()
    {
        Provision();
        File.CreateSymbolicLink(_tree.PathOf(Vm + "/tpm2/elsewhere"), "/etc/shadow");

        Assert.Contains("it is a link", Observe().Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Commands_ShowItAndChangeNothing()
    {
        Provision();
        File.SetUnixFileMode(_tree.PathOf(Authority), (UnixFileMode)0x1FF);

        var (code, output, error) = await RunAsync("host", "get", "vtpm-state", "--root", _tree.Path);
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("chmod 0750 " + Authority, output, StringComparison.Ordinal);
        (code, output, _) = await RunAsync("host", "status", "--root", _tree.Path);
        Assert.Equal(0, code);
        Assert.Matches("(?m)^vtpm-state +failed +/var/lib/swtpm-localca: mode 0777", output);
        (code, _, _) = await RunAsync("host", "set", "vtpm-state", "--root", _tree.Path);
        Assert.Equal(2, code);
    }

    private Observation Observe() => new VtpmStatePractice(_tree.Files).Observe([]);

    private void Provision()
    {
        foreach (var (path, mode) in new[]
        {
            (Authority + "/signkey.pem", 0x1A0), (Authority + "/issuercert.pem", 0x1A4), (Vm + "/tpm2/tpm2-00.permall", 0x180),
        })
        {
            _tree.Write(path, "x");
            File.SetUnixFileMode(_tree.PathOf(path), (UnixFileMode)mode);
        }

        foreach (var (path, mode) in new[] { (Authority, 0x1E8), ("/var/lib/libvirt/swtpm", 0x1C9), (Vm, 0x1C9), (Vm + "/tpm2", 0x1C0) })
        {
            File.SetUnixFileMode(_tree.PathOf(path), (UnixFileMode)mode);
        }
    }

    private static string Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, UseShellExecute = false })!;
        var output = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output;
    }
}
