using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using GuestTune.Agent.SealedDisks;
using GuestTune.Practices;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.Tests.SealedDisks;

public sealed class SealedDiskTests : IDisposable
{
    private static readonly Change ArgumentChange = new("boot:arm_pvspin", "/etc/default/grub", null, "", TakesEffect.AfterGuestReboot);
    private static readonly Change OtherChange = new("guest_halt_poll_ns", "/sys/x", "1", "2", TakesEffect.Now);

    private readonly GuestTree _tree = GuestTree.WithoutHaltpoll();

    [Fact]
    public void Survey_HeaderOfCryptsetup_GivesEveryTpmTokenWithItsPcrs()
    {
        AddDisk("vda3", LuksImage.FromCryptsetup());

        var disk = Assert.Single(Survey().Disks);

        Assert.Equal("/dev/vda3", disk.Path);
        Assert.Equal(["systemd-cryptenroll 0: 7 9 11", "clevis 1: 4 8"], disk.Seals.Select(s => $"{s.Tool} {s.Token}: {string.Join(' ', s.Pcrs!)}"));
    }

    [Fact]
    public void Survey_OtherDisks_AreNotSealed()
    {
        AddDisk("vda", new byte[1024 * 1024]);
        AddDisk("vda1", []);
        AddDisk("vda2", Encoding.ASCII.GetBytes("LUKS\xba\xbe and then it ends"));
        AddDisk("vda4", LuksImage.WithTokens("{}"));
        AddDisk("vda5", LuksImage.WithTokens("""{"0":{"type":"luks2-keyring","keyslots":["0"],"key_description":"x"}}"""));
        AddDisk("sr0", LuksImage.FromCryptsetup(), size: "0");
        _tree.Write("/sys/class/block/nvme0c0n1/size", "8\n");
        _tree.Write("/sys/class/block/nvme0c0n1/hidden", "1\n");

        var survey = Survey();

        Assert.All(survey.Disks, d => Assert.Empty(d.Seals));
        Assert.Empty(survey.Disks);
        Assert.Empty(survey.Unreadable);
    }

    [Fact]
    public void Survey_EmptyDrive_IsNotSealed()
    {
        // Opening a socket fails with ENXIO, as opening a floppy drive without a disk does, whatever size it shows.
        _tree.Write("/sys/class/block/fd0/size", "8\n");
        _tree.Write("/dev/null", "");
        using var drive = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        drive.Bind(new UnixDomainSocketEndPoint(Path.Combine(_tree.Path, "dev/fd0")));

        var survey = Survey();

        Assert.Empty(survey.Disks);
        Assert.Empty(survey.Unreadable);
    }

    [Fact]
    public void Survey_NewerCopyIsTheSecond_ItCounts()
    {
        var image = LuksImage.FromCryptsetup();
        LuksImage.SetJson(image, 0, """{"tokens":{}}""");
        LuksImage.SetSequence(image, 1, 99);
        AddDisk("vda3", image);

        Assert.Equal(2, Assert.Single(Survey().Disks).Seals.Count);
    }

    [Fact]
    public void Survey_FirstCopyIsTorn_TheSecondCounts()
    {
        var image = LuksImage.FromCryptsetup();
        LuksImage.SetJson(image, 0, """{"tokens":{}}""");
        LuksImage.SetSequence(image, 0, 99);
        image[5000] ^= 1;
        AddDisk("vda3", image);

        Assert.Equal(2, Assert.Single(Survey().Disks).Seals.Count);
    }

    [Fact]
    public void Survey_FirstCopyIsGone_TheSecondCountsWhereItIsWhole()
    {
        var image = LuksImage.FromCryptsetup();
        image.AsSpan(0, LuksImage.HeaderSizeBytes).Clear();
        AddDisk("vda3", image);
        var torn = image.ToArray();
        torn[LuksImage.HeaderSizeBytes + 5000] ^= 1;
        AddDisk("vda4", torn);

        Assert.Equal("/dev/vda3", Assert.Single(Survey().Disks).Path);
    }

    [Fact]
    public void Survey_NoCopyIsWhole_TheFirstIsBelievedNevertheless()
    {
        var image = LuksImage.FromCryptsetup();
        image[460] ^= 1;
        image[LuksImage.HeaderSizeBytes + 460] ^= 1;
        AddDisk("vda3", image);

        Assert.Equal(2, Assert.Single(Survey().Disks).Seals.Count);
    }

    [Theory]
    [InlineData("""{"0":{"type":"systemd-tpm2","tpm2-pcrs":[7]}}""", "7")]
    [InlineData("""{"0":{"type":"systemd-tpm2","tpm2-pcrs":[],"tpm2_pubkey_pcrs":[12]}}""", "12")]
    [InlineData("""{"0":{"type":"systemd-tpm2","tpm2-pcrs":"nonsense","tpm2_pubkey_pcrs":[{"a":[]},1.5,-1e99]}}""", "")]
    [InlineData("""{"0":{"type":"systemd-tpm2"}}""", "")]
    public void Survey_SystemdToken_GivesItsPcrs(string tokens, string expected)
    {
        AddDisk("vda3", LuksImage.WithTokens(tokens));

        Assert.Equal(expected, string.Join(' ', Assert.Single(Assert.Single(Survey().Disks).Seals).Pcrs!));
    }

    [Fact]
    public void Survey_PcrlockToken_TakesThePcrsFromItsPolicy()
    {
        AddDisk("vda3", LuksImage.WithTokens("""{"0":{"type":"systemd-tpm2","tpm2-pcrs":[],"tpm2_pcrlock":true}}"""));
        var unknown = Assert.Single(Assert.Single(Survey().Disks).Seals);
        _tree.Write("/var/lib/systemd/pcrlock.json", """{"pcrBank":"sha256","pcrValues":[{"pcr":4,"values":["00"]},{"pcr":9,"values":["00"]}]}""");

        var known = Assert.Single(Assert.Single(Survey().Disks).Seals);

        Assert.Null(unknown.Pcrs);
        Assert.Contains("cannot be read", unknown.Note, StringComparison.Ordinal);
        Assert.Equal([4, 9], known.Pcrs);

        _tree.Write("/run/systemd/pcrlock.json", """{"pcrValues":[{"pcr":7}]}""");
        Assert.Equal([7], Assert.Single(Assert.Single(Survey().Disks).Seals).Pcrs);
    }

    public static TheoryData<string, string> ClevisHeaders { get; } = new()
    {
        { """{"clevis":{"pin":"tpm2","tpm2":{"pcr_bank":"sha256","pcr_ids":"7,8"}}}""", "7 8" },
        { """{"clevis":{"pin":"tpm2","tpm2":{"pcr_ids":[9]}}}""", "9" },
        { """{"clevis":{"pin":"tpm2","tpm2":{"hash":"sha256"}}}""", "none" },
        { """{"clevis":{"pin":"tang","tang":{"url":"http://x"}}}""", "none" },
        { Shares(1, """{"clevis":{"tpm2":{"pcr_ids":"8"}}}""", """{"clevis":{"tang":{}}}"""), "none" },
        { Shares(2, """{"clevis":{"tpm2":{"pcr_ids":"8"}}}""", """{"clevis":{"tang":{}}}"""), "8" },
        { Shares(1, Shares(1, """{"clevis":{"tpm2":{"pcr_ids":"9"}}}""")), "9" },
        { "rubbish", "none" },
        { "[]", "none" },
        { """{"clevis":7}""", "none" },
    };

    [Theory]
    [MemberData(nameof(ClevisHeaders))]
    public void Survey_ClevisToken_GivesThePcrsWithoutWhichThereIsNoKey(string header, string expected)
    {
        AddDisk("vda3", LuksImage.WithTokens($$"""{"3":{{LuksImage.Clevis(header)}}}"""));

        Assert.Equal(expected, Survey().Disks is [{ Seals: [var seal] }] ? string.Join(' ', seal.Pcrs!) : "none");
    }

    [Fact]
    public void Survey_DamagedMetadataOrMissingNode_IsNotTakenForUnsealed()
    {
        var image = LuksImage.FromCryptsetup();
        LuksImage.SetJson(image, 0, "{ broken");
        LuksImage.SetSequence(image, 0, 99);
        AddDisk("vda3", image);
        _tree.Write("/sys/class/block/vdb/size", "100\n");

        Assert.Equal(["/dev/vda3", "/dev/vdb"], Survey().Unreadable.Select(u => u.Path));
    }

    [Fact]
    public void Check_DiskSealedToTheCommandLine_IsRefusedWithDiskAndPcrs()
    {
        AddDisk("vda3", LuksImage.FromCryptsetup());

        var e = Assert.Throws<PracticeException>(() => Guard().Check([OtherChange, ArgumentChange], force: false));

        Assert.Equal(PracticeError.FailedPrecondition, e.Error);
        Assert.Contains("/dev/vda3 has a key of systemd-cryptenroll (token 0) that is sealed to PCR 9", e.Message, StringComparison.Ordinal);
        Assert.Contains("/dev/vda3 has a key of clevis (token 1) that is sealed to PCR 8", e.Message, StringComparison.Ordinal);
        Assert.Contains("force", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_ForcedOrNoArgumentChanges_Passes()
    {
        AddDisk("vda3", LuksImage.FromCryptsetup());

        Assert.Equal(2, Guard().Check([OtherChange, ArgumentChange], force: true).Count);
        Assert.Empty(Guard().Check([OtherChange], force: false));
    }

    [Fact]
    public void Check_SealedToOtherPcrs_Passes()
    {
        AddDisk("vda3", LuksImage.WithTokens("""{"0":{"type":"systemd-tpm2","tpm2-pcrs":[0,7],"tpm2_pubkey_pcrs":[11]}}"""));

        Assert.Empty(Guard().Check([ArgumentChange], force: false));
    }

    [Theory]
    [InlineData("""{"0":{"type":"systemd-tpm2","tpm2-pcrs":[],"tpm2_pcrlock":true}}""", "sealed by a systemd-pcrlock policy")]
    [InlineData("broken", "whether /dev/vda3 is sealed could not be found out")]
    public void Check_CannotTell_IsRefused(string tokens, string expected)
    {
        AddDisk("vda3", LuksImage.WithTokens(tokens));

        var e = Assert.Throws<PracticeException>(() => Guard().Check([ArgumentChange], force: false));

        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Hash_EveryLengthAroundABlock_IsSha256()
    {
        var random = new Random(1);
        for (var length = 0; length < 200; length++)
        {
            var data = new byte[length];
            random.NextBytes(data);
            Assert.Equal(SHA256.HashData(data), Sha256.Hash(data));
        }
    }

    public void Dispose() => _tree.Dispose();

    private static string Shares(int threshold, params string[] headers)
        => "{\"clevis\":{\"pin\":\"sss\",\"sss\":{\"t\":" + threshold + ",\"jwe\":["
            + string.Join(',', headers.Select(h => $"\"{LuksImage.Protected(h)}.e.i.c.t\"")) + "]}}}";

    private void AddDisk(string name, byte[] content, string size = "40960")
    {
        _tree.Write($"/sys/class/block/{name}/size", size + "\n");
        _tree.Write("/dev/" + name, content);
    }

    private DiskSurvey Survey() => new SealedDiskFinder(new RootedFileSystem(_tree.Path)).Survey();

    private SealedDiskGuard Guard() => new(new SealedDiskFinder(new RootedFileSystem(_tree.Path)));
}
