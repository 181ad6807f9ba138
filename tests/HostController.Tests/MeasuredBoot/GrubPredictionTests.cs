using System.Text;
using GuestTune.Controller.MeasuredBoot.Predictions;
using GuestTune.MeasuredBoot.EventLog;
using GuestTune.MeasuredBoot.Grub;
using GuestTune.MeasuredBoot.Tpm;
using GuestTune.Practice.V1;

namespace GuestTune.HostController.Tests.MeasuredBoot;

/// <summary>Ways in which distributions write a kernel's arguments, and what GRUB then measures.</summary>
public sealed class GrubPredictionTests
{
    private const string Menu = "/boot/grub2/grub.cfg";
    private const string Block = "/boot/grub2/grubenv";
    private const string Entry = "/boot/loader/entries/a.conf";

    private static readonly PcrBank Bank = PcrBank.Sha256;
    private static readonly RequestedArgument[] Requested = [new("nohz", ["off"])];

    [Theory]
    [InlineData("\tlinux\t/k root=1 ro  quiet", "\tlinux\t/k root=1 ro  quiet nohz=off", "/k root=1 ro quiet", "/k root=1 ro quiet nohz=off")]
    [InlineData("\tlinuxefi /k ro quiet splash $vt_handoff", "\tlinuxefi /k ro quiet splash nohz=off $vt_handoff", "/k ro quiet splash vt.handoff=7", "/k ro quiet splash nohz=off vt.handoff=7")]
    [InlineData("linux ($root)/k ro $opts", "linux ($root)/k ro $opts nohz=off", "(hd0,gpt2)/k ro a b", "(hd0,gpt2)/k ro a b nohz=off")]
    [InlineData("linux /k ro nohz=on nohz=off", "linux /k ro nohz=on", "/k ro nohz=on nohz=off", "/k ro nohz=on")]
    [InlineData("linux /k ro nohz=on quiet", "linux /k ro quiet nohz=off", "/k ro nohz=on quiet", "/k ro quiet nohz=off")]
    [InlineData("linux /k ro -- init", "linux /k ro nohz=off -- init", "/k ro -- init", "/k ro nohz=off -- init")]
    public void After_LineOfGrubCfg_IsExchangedInFileCommandAndCommandLine(string before, string after, string line, string expected)
    {
        var command = before.Trim().Split([' ', '\t'])[0];
        var wanted = after.Contains("nohz=off", StringComparison.Ordinal) ? Requested : [new("nohz", [null])];

        var events = Predict(
            (Menu, $"a\n{before}\nb", $"a\n{after}\nb"),
            wanted,
            Command($"menuentry x {{\n{before}\n}}"),
            Command($"{command} {line}"),
            Line(line));

        Assert.Equal(Digests([Hash($"a\n{after}\nb"), Hash($"menuentry x {{\n{after}\n}}"), Hash($"{command} {expected}"), Hash(expected)]), Digests(events));
    }

    [Theory]
    [InlineData(Entry, "title a\nlinux /k\noptions root=1 $kernelopts\n", "title a\nlinux /k\noptions root=1 $kernelopts nohz=off\n")]
    [InlineData(Block, "# GRUB Environment Block\nkernelopts=root=1 ro quiet\n####################", "# GRUB Environment Block\nkernelopts=root=1 ro quiet nohz=off\n###########")]
    public void After_BootLoaderEntryOrEnvironment_IsExchangedAtTheEndOfTheLine(string path, string before, string after)
    {
        var events = Predict((path, before, after), Requested, Line("(hd0,gpt2)/k root=1 ro quiet"));

        Assert.Equal(Digests([Hash(after), Hash("(hd0,gpt2)/k root=1 ro quiet nohz=off")]), Digests(events));
    }

    [Fact]
    public void After_KernelThatMeasuresItsLoadOptions_IsExchangedThere()
    {
        var (old, now) = (Encoding.Unicode.GetBytes("BOOT_IMAGE=/k ro\0"), Encoding.Unicode.GetBytes("BOOT_IMAGE=/k ro nohz=off\0"));

        var events = Predict(
            (Menu, "linux /k ro", "linux /k ro nohz=off"),
            Requested,
            Line("/k ro"),
            BootEvent.Create(GrubMeasurement.FilePcr, EventType.EventTag, Bank, Bank.Hash(old), "LOADED_IMAGE::LoadOptions"u8.ToArray()));

        Assert.Equal(Convert.ToHexString(Bank.Hash(now)), Digests(events)[^1]);
    }

    [Theory]
    [InlineData("linux /k ro", "linux /k ro nohz=off nohz=on", "+nohz=on was not asked for")]
    [InlineData("linux /k nohz=off ro", "linux /k nohz=off ro nohz=on", "+nohz=on was not asked for")]
    [InlineData("linux /k a=\"1  2\"", "linux /k a=\"1 2\" nohz=off", "the lines differ in blanks")]
    [InlineData("linux /k nohz=on", "linux /k nohz=off nohz=on", "nohz would be 'on' there, which nobody asked for")]
    [InlineData("linux /k nohz=1 nohz=2", "linux /k nohz=2 nohz=off", "-nohz=1 was not asked for")]
    [InlineData("linux /k ro", "linux /k ro;evil nohz=off", "-ro was not asked for")]
    [InlineData("linux /k a=\"1 2\"", "linux /k a=\"1 nohz=off 2\"", "the change is within quotes, or opens them")]
    [InlineData("linux /k 'a=1 2'", "linux /k 'a=1 nohz=off 2'", "the change is within quotes, or opens them")]
    [InlineData("linux /k a='\"' \"''b c\"", "linux /k a='\"' \"''b nohz=off c\"", "the change is within quotes, or opens them")]
    [InlineData("linux /k nohz=\"1 init=/bin/sh 2\"", "linux /k nohz=off init=/bin/sh 2\"", "the change is within quotes, or opens them")]
    [InlineData("linux /k ro \\", "linux /k ro \\ nohz=off", "the change is within quotes, or opens them")]
    [InlineData("linux /k nohz=on -- single", "linux /k nohz=on -- single nohz=off", "the change is behind --, where the kernel's arguments end, or moves that")]
    [InlineData("linux /k nohz=on '--' single", "linux /k nohz=on '--' single nohz=off", "the change is behind --, where the kernel's arguments end, or moves that")]
    [InlineData("linux /k nohz=on a", "linux /k nohz=on -- nohz=off a", "the change is behind --, where the kernel's arguments end, or moves that")]
    [InlineData("linux /k b=\"1 -- 2\" nohz=on", "linux /k nohz=off b=\"1 -- 2\" nohz=on", "it has a quoted --, which may end the kernel's arguments")]
    [InlineData("initrd /i", "initrd /i nohz=off", "it is no line of the kernel's arguments, and was changed")]
    public void Between_MoreThanWasAskedFor_IsRefused(string before, string after, string reason)
    {
        var refusal = Assert.Throws<UnpredictableException>(() => BootFileChange.Between(Files((Menu, before)), Files((Menu, after)), Requested));

        Assert.Equal($"{Menu}, line 1: {reason}", refusal.Message);
    }

    [Fact]
    public void After_VariableEndsTheKernelsArguments_IsRefused()
    {
        var refusal = Assert.Throws<UnpredictableException>(() => Predict((Menu, "linux /k $opts", "linux /k $opts nohz=off"), Requested, Line("/k nohz=on --")));

        Assert.Equal("the change is behind --, where the kernel's arguments end, or moves that", refusal.Message);
    }

    [Fact]
    public void After_LineOfAnotherKernelThanTheStartedOne_IsRefused()
    {
        var refusal = Assert.Throws<UnpredictableException>(() => Predict(
            (Menu, "linux /other ro", "linux /other ro nohz=off"), Requested, Line("/k ro")));

        Assert.Equal("the change is not on the line of the kernel that was started", refusal.Message);
    }

    [Fact]
    public void After_EventsThatWereNotExtended_ProveNothing()
    {
        var (before, after) = ("linux /k ro", "linux /k ro nohz=off");
        BootEvent file = GrubMeasurement.OfFile(Menu, Encoding.Latin1.GetBytes(before), Bank), line = Line("/k ro");
        var changes = BootFileChange.Between(Files((Menu, before)), Files((Menu, after)), Requested);

        var unknownFile = Assert.Throws<UnpredictableException>(() => GrubPrediction.After([NotExtended(file), line], Bank, changes));
        var unknownLine = Assert.Throws<UnpredictableException>(() => GrubPrediction.After([file, NotExtended(line)], Bank, changes));

        Assert.Contains("is not what GRUB measured", unknownFile.Message, StringComparison.Ordinal);
        Assert.Equal("no kernel command line was measured", unknownLine.Message);

        static BootEvent NotExtended(BootEvent e) => BootEvent.Create(e.Pcr, EventType.NoAction, Bank, e.DigestOf(Bank), e.Data);
    }

    [Fact]
    public void FirstBoot_EntryWithABraceOfItsOwn_IsOneCommandWhateverFollows()
    {
        var steps = TrialScript.FirstBoot("(hd0)/grub", GrubEnvironment.Add(GrubEnvironment.Empty, "grubenv", TrialScript.Variable, TrialScript.Armed), "\tf {\n}\nset x$", isUnrestricted: false);

        Assert.EndsWith("{\n\tf {\n}\nset x$\n}", steps[^1].Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("kernel-arguments", "a", "1", "a:1")]
    [InlineData("kernel-arguments", "a", "", "a:")]
    [InlineData("kernel-arguments", "a", "!remove", "a:-")]
    [InlineData("pv-qspinlock", "enabled", "true", "arm_pvspin:")]
    [InlineData("pv-qspinlock", "enabled", "N", "arm_pvspin:-")]
    [InlineData("guest-idle-haltpoll", "force", "Y", "cpuidle_haltpoll.force:Y haltpoll.enable:Y")]
    [InlineData("guest-idle-haltpoll", "force", "off", "cpuidle_haltpoll.force:-,N haltpoll.enable:-,N")]
    [InlineData("guest-idle-haltpoll", "guest_halt_poll_ns", "0x10", "haltpoll.guest_halt_poll_ns:16")]
    [InlineData("guest-idle-haltpoll", "guest_halt_poll_allow_shrink", "1", "haltpoll.guest_halt_poll_allow_shrink:Y")]
    [InlineData("qemu-ga-blocklist", "block", "guest-exec", "")]
    public void Of_Desired_IsWhatMayBeOnTheLine(string practice, string setting, string value, string expected)
    {
        var requested = RequestedArgument.Of(new Desired { Practice = practice, Persist = true, Settings = { [setting] = value } });

        Assert.Equal(expected, string.Join(' ', requested.Select(r => $"{r.Key}:{string.Join(',', r.Values.Select(v => v ?? "-"))}")));
    }

    private static IReadOnlyList<BootEvent> Predict((string Path, string Before, string After) file, IReadOnlyList<RequestedArgument> requested, params BootEvent[] events) => GrubPrediction.After(
        [GrubMeasurement.OfFile(file.Path, Encoding.Latin1.GetBytes(file.Before), Bank), .. events],
        Bank,
        BootFileChange.Between(Files((file.Path, file.Before)), Files((file.Path, file.After)), requested));

    private static BootEvent Line(string text) => GrubMeasurement.Of(GrubMeasurement.KernelCommandLine, text, Bank);

    private static BootEvent Command(string text) => GrubMeasurement.Of(GrubMeasurement.Command, text, Bank);

    private static BootFileSet Files((string Path, string Content) file) => new(
        Menu, new Dictionary<string, byte[]>(StringComparer.Ordinal) { [Menu] = [], [file.Path] = Encoding.Latin1.GetBytes(file.Content) });

    private static string[] Digests(IEnumerable<BootEvent> events) => [.. events.Select(e => Convert.ToHexString(e.DigestOf(Bank).Span))];

    private static string[] Digests(IEnumerable<byte[]> digests) => [.. digests.Select(Convert.ToHexString)];

    private static byte[] Hash(string text) => Bank.Hash(Encoding.Latin1.GetBytes(text));
}
