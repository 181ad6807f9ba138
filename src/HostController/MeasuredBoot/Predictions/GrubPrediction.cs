using System.Text;
using GuestTune.MeasuredBoot.EventLog;
using GuestTune.MeasuredBoot.Grub;
using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.Controller.MeasuredBoot.Predictions;

/// <summary>What GRUB will measure after a change of the kernel's arguments: the proven events, those that the change touches exchanged.</summary>
internal static class GrubPrediction
{
    private static readonly string[] KernelCommands = ["linux", "linux16", "linuxefi"];

    /// <param name="events">Of a log that gives the values of <see cref="GrubMeasurement.StringPcr"/> and <see cref="GrubMeasurement.FilePcr"/>.</param>
    /// <exception cref="UnpredictableException">The change does not fit to what was measured.</exception>
    public static IReadOnlyList<BootEvent> After(IReadOnlyList<BootEvent> events, PcrBank bank, IReadOnlyList<BootFileChange> changes)
    {
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var change in changes)
        {
            ExpectMeasured(events, bank, change.Path, change.Before);
            files[Hex(bank.Hash(change.Before))] = bank.Hash(change.After);
        }

        var predictor = new Rewriter(bank, changes);
        var old = events.Select(e => GrubMeasurement.Read(e, bank, GrubMeasurement.KernelCommandLine)).OfType<string>().ToArray();
        var now = old.Select(predictor.Line).ToArray();
        if (old.Length == 0 || now.SequenceEqual(old, StringComparer.Ordinal))
        {
            throw new UnpredictableException(old.Length == 0
                ? "no kernel command line was measured"
                : "the change is not on the line of the kernel that was started");
        }

        // The kernel's EFI stub measures what it was given as load options, in UTF-16 (drivers/firmware/efi/libstub/efi-stub-helper.c).
        foreach (var (line, next) in old.Zip(now))
        {
            foreach (var end in (string[])["", "\0"])
            {
                files[Hex(bank.Hash(LoadOptions(line + end)))] = bank.Hash(LoadOptions(next + end));
            }
        }

        return [.. events.Select(e => e.Pcr switch
        {
            GrubMeasurement.FilePcr when files.TryGetValue(Hex(e.DigestOf(bank).Span), out var digest) => BootEvent.Create(e.Pcr, e.Type, bank, digest, e.Data),
            GrubMeasurement.StringPcr => predictor.Event(e),
            _ => e,
        })];
    }

    /// <exception cref="UnpredictableException">GRUB read something else.</exception>
    public static void ExpectMeasured(IReadOnlyList<BootEvent> events, PcrBank bank, string path, byte[] content)
    {
        var digest = bank.Hash(content);
        if (!events.Any(e => e is { Pcr: GrubMeasurement.FilePcr, IsExtended: true } && e.DigestOf(bank).Span.SequenceEqual(digest)))
        {
            throw new UnpredictableException($"{path} as it was before the change is not what GRUB measured: it was changed since the guest was started");
        }
    }

    private static byte[] LoadOptions(string line) => Encoding.Unicode.GetBytes(RunningCommandLine.ImageKey + line);

    private static string Hex(ReadOnlySpan<byte> digest) => Convert.ToHexStringLower(digest);

    /// <summary>Finds the lines of changed files again in what GRUB measured of them.</summary>
    private sealed class Rewriter(PcrBank bank, IReadOnlyList<BootFileChange> changes)
    {
        private readonly ILookup<string, string> _lines = changes.SelectMany(static c => c.Lines).ToLookup(static l => l.Before, static l => l.After, StringComparer.Ordinal);
        private readonly BootLineChange[] _changes = [.. changes.SelectMany(static c => c.Lines)];

        public BootEvent Event(BootEvent entry)
        {
            if (GrubMeasurement.Read(entry, bank, GrubMeasurement.KernelCommandLine) is { } line)
            {
                return Exchanged(entry, GrubMeasurement.KernelCommandLine, line, Line(line));
            }

            if (GrubMeasurement.Read(entry, bank, GrubMeasurement.Command) is not { } command)
            {
                return entry;
            }

            var end = command.IndexOf(' ', StringComparison.Ordinal);
            return end > 0 && KernelCommands.Contains(command[..end], StringComparer.Ordinal) ? Exchanged(entry, GrubMeasurement.Command, command, command[..(end + 1)] + Line(command[(end + 1)..]))
                : command.Contains('\n', StringComparison.Ordinal) ? Exchanged(entry, GrubMeasurement.Command, command, Block(command))
                : entry;
        }

        /// <param name="line">The kernel and its arguments, as GRUB has expanded them.</param>
        public string Line(string line) => _changes.Select(c => c.Apply(line)).FirstOrDefault(static l => l is not null) ?? line;

        /// <summary>A menu entry is measured with its commands as they stand in grub.cfg.</summary>
        private string Block(string command) => string.Join('\n', command.Split('\n').Select(l => _lines[l].Distinct(StringComparer.Ordinal).ToArray() switch
        {
            [] => l,
            [var only] => only,
            _ => throw new UnpredictableException("grub.cfg has one line twice, which was changed in one place only"),
        }));

        private BootEvent Exchanged(BootEvent entry, string prefix, string before, string after) => before == after ? entry
            : BootEvent.Create(entry.Pcr, entry.Type, bank, bank.Hash(Encoding.Latin1.GetBytes(after)), Encoding.Latin1.GetBytes(prefix + after + "\0"));
    }
}
