using System.Text;
using GuestTune.Controller.MeasuredBoot.Predictions;
using GuestTune.MeasuredBoot.EventLog;
using GuestTune.MeasuredBoot.Grub;
using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.HostController.Tests.MeasuredBoot;

/// <summary>Boot trials of guests whose menu GRUB makes of boot loader entries (blscfg), as openEuler, Fedora and RHEL have them.</summary>
public sealed class TrialPredictionTests
{
    private const string Menu = "/boot/grub2/grub.cfg";
    private const string Block = "/boot/grub2/grubenv";
    private const string Entry = "/boot/loader/entries/0123-5.10.0.conf";
    private const string Directory = "(hd0,gpt2)/grub2";
    private const string Line = "(hd0,gpt2)/vmlinuz-5.10.0 root=/dev/vda3 ro quiet";

    private const string EntryText = """
        title openEuler (5.10.0) 22.03 (LTS)
        version 5.10.0
        linux /vmlinuz-5.10.0
        initrd /initramfs-5.10.0.img $tuned_initrd
        options root=/dev/vda3 ro quiet nohz=off
        grub_users $grub_users

        """;

    private static readonly PcrBank Bank = PcrBank.Sha256;
    private static readonly string Environment = "# GRUB Environment Block\nsaved_entry=0123-5.10.0\n".PadRight(1024, '#');

    private readonly Dictionary<string, string> _files = new(StringComparer.Ordinal)
    {
        [Menu] = "insmod blscfg\nblscfg\nif [ -f  ${config_directory}/custom.cfg ]; then\n  source ${config_directory}/custom.cfg\nfi\n",
        [Block] = Environment,
        ["/boot/loader/entries/0123-4.19.0.conf"] = "title old\nlinux /vmlinuz-4.19.0\n",
        [Entry] = EntryText,
    };

    [Fact]
    public void Of_EntryOfTheRunningKernel_IsWhatTheAgentWritesAndGrubMeasures()
    {
        var events = Trial();

        const string body = "\tlinux /vmlinuz-5.10.0 'root=/dev/vda3' 'ro' 'quiet'\n\tinitrd /initramfs-5.10.0.img $tuned_initrd";
        const string head = "menuentry 'Previous kernel command line (guesttune)' --unrestricted --id guesttune-previous {\n";
        var custom = events.Single(static e => Description(e) == $"{Directory}/custom.cfg");
        var script = TrialScript.Insert(string.Empty, "op1", body, isUnrestricted: true);
        Assert.Contains($"\n{head}{body}\n}}\n### END", script, StringComparison.Ordinal);
        Assert.Equal(Bank.Hash(Encoding.Latin1.GetBytes(script)), custom.DigestOf(Bank).ToArray());
        Assert.Contains(events, e => GrubMeasurement.Read(e, Bank, GrubMeasurement.Command) == head.Replace("'", "", StringComparison.Ordinal) + body + "\n}");
        Assert.Equal(Before().Select(static e => e.Pcr).Count(static p => p == GrubMeasurement.FilePcr) + 2, events.Count(static e => e.Pcr == GrubMeasurement.FilePcr));
    }

    [Theory]
    [InlineData(EntryText + "initrd /evil", Entry + " as it was before the change is not what GRUB measured")]
    [InlineData("title other\nlinux /vmlinuz-6.6.0\n", "neither " + Menu + " nor a boot loader entry has the running kernel")]
    public void Of_EntryThatGrubDidNotRead_IsRefused(string shown, string reason)
    {
        var events = Before();
        _files[Entry] = shown;

        Assert.StartsWith(reason, Assert.Throws<UnpredictableException>(() => Trial(events)).Message, StringComparison.Ordinal);
    }

    private IReadOnlyList<BootEvent> Trial(IReadOnlyList<BootEvent>? events = null) => TrialPrediction.Of(
        events ?? Before(), Bank, new BootFileSet(Menu, _files.ToDictionary(static f => f.Key, static f => Encoding.Latin1.GetBytes(f.Value), StringComparer.Ordinal)), Line, "op1");

    /// <summary>The start after the change, without a trial: entries are read as files, and the commands of the one that is started are measured, not the menu.</summary>
    private IReadOnlyList<BootEvent> Before() =>
    [
        File($"{Directory}/grub.cfg", Menu),
        Command($"load_env -f {Directory}/grubenv"),
        File($"{Directory}/grubenv", Block),
        Command("blscfg"),
        File("(hd0,gpt2)/loader/entries/0123-5.10.0.conf", Entry),
        File("(hd0,gpt2)/loader/entries/0123-4.19.0.conf", "/boot/loader/entries/0123-4.19.0.conf"),
        Command($"[ -f {Directory}/custom.cfg ]"),
        Command($"[ -z {Directory} -a -f {Directory}/custom.cfg ]"),
        Command($"linux {Line} nohz=off"),
        GrubMeasurement.Of(GrubMeasurement.KernelCommandLine, $"{Line} nohz=off", Bank),
    ];

    private static BootEvent Command(string text) => GrubMeasurement.Of(GrubMeasurement.Command, text, Bank);

    private BootEvent File(string path, string shownAs) => GrubMeasurement.OfFile(path, Encoding.Latin1.GetBytes(_files[shownAs]), Bank);

    private static string Description(BootEvent entry) => Encoding.Latin1.GetString(entry.Data.Span).TrimEnd('\0');
}
