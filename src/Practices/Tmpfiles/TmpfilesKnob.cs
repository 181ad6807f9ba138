using System.Buffers;
using System.Text;
using GuestTune.Practices.Files;
using GuestTune.Practices.Values;

namespace GuestTune.Practices.Tmpfiles;

/// <summary>
/// The persistent value of one kernel file: a <c>w</c> line in a file of /etc/tmpfiles.d, which systemd-tmpfiles writes at boot.
/// Plain <c>w</c>: it does nothing where the kernel has no such file, and every systemd understands it, unlike <c>w-</c>.
/// </summary>
/// <param name="configuration">E.g. /etc/tmpfiles.d/guesttune-haltpoll.conf.</param>
/// <param name="target">The file that is written at boot, e.g. /sys/module/haltpoll/parameters/guest_halt_poll_ns.</param>
public sealed class TmpfilesKnob(RootedFileSystem files, string configuration, string target, IValueKind kind) : IKnob
{
    private const string Header = "# Written by GuestTune: values that the kernel gets at every boot. An undo takes out what it added.\n";
    private static readonly SearchValues<char> CharactersWithMeaning = SearchValues.Create("\n\r%\\\"'");

    public KnobReading Read()
    {
        var reading = files.ReadBytesAsLatin1(configuration);
        return reading.Text is { } text ? new KnobReading(TmpfilesText.Find(text, target), null)
            : new KnobReading(null, reading.IsMissing ? null : reading.Problem);
    }

    public void Write(string? value)
    {
        if (value is not null && value.AsSpan().ContainsAny(CharactersWithMeaning))
        {
            throw new FileProblemException(Errno.Invalid, $"'{value}' cannot be written to {configuration}: it has characters that tmpfiles.d gives a meaning");
        }

        var reading = files.ReadBytesAsLatin1(configuration);
        if (reading is { Text: null, IsMissing: false })
        {
            throw new FileProblemException(Errno.InputOutput, $"{configuration} is left as it is: {reading.Problem}");
        }

        var former = reading.Text ?? Header;
        var text = value is null ? TmpfilesText.Remove(former, target) : TmpfilesText.Set(former, target, value);
        if (value is null && string.Equals(text, Header, StringComparison.Ordinal))
        {
            if (reading.Text is not null)
            {
                AtomicFile.Remove(files, configuration);
            }

            return;
        }

        if (!string.Equals(text, reading.Text, StringComparison.Ordinal))
        {
            // A guest without systemd may lack /etc/tmpfiles.d.
            files.CreateDirectory(Path.GetDirectoryName(configuration)!);
            AtomicFile.Replace(files, configuration, Encoding.Latin1.GetBytes(text));
        }
    }

    public bool AreEqual(string? left, string? right)
        => left is null || right is null ? left is null && right is null : kind.IsSatisfied(left, right);
}
