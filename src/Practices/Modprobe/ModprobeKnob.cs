using System.Buffers;
using System.Text;
using GuestTune.Practices.Files;
using GuestTune.Practices.Values;

namespace GuestTune.Practices.Modprobe;

/// <summary>What a module's parameter is set to when the module is loaded: an <c>options</c> line in a file of /etc/modprobe.d.</summary>
/// <param name="configuration">E.g. /etc/modprobe.d/guesttune.conf.</param>
public sealed class ModprobeKnob(RootedFileSystem files, string configuration, string module, string parameter, IValueKind kind) : IKnob
{
    private const string Header = "# Written by GuestTune: parameters that modules get when they are loaded. An undo takes out what it added.\n";

    private static readonly SearchValues<char> CharactersWithMeaning = SearchValues.Create(" \t\r\n\\\"'#");

    public KnobReading Read()
    {
        var reading = files.ReadBytesAsLatin1(configuration);
        return reading.Text is { } text ? new KnobReading(ModprobeText.Find(text, module, parameter), null)
            : new KnobReading(null, reading.IsMissing ? null : reading.Problem);
    }

    public void Write(string? value)
    {
        if (value is not null && value.AsSpan().ContainsAny(CharactersWithMeaning))
        {
            throw new FileProblemException(Errno.Invalid, $"'{value}' cannot be written to {configuration}: it has characters that modprobe.d gives a meaning");
        }

        var reading = files.ReadBytesAsLatin1(configuration);
        if (reading is { Text: null, IsMissing: false })
        {
            throw new FileProblemException(Errno.InputOutput, $"{configuration} is left as it is: {reading.Problem}");
        }

        var text = value is null ? ModprobeText.Remove(reading.Text ?? Header, module, parameter) : ModprobeText.Set(reading.Text ?? Header, module, parameter, value);
        if (value is null && string.Equals(text, Header, StringComparison.Ordinal))
        {
            if (reading.Text is not null)
            {
                AtomicFile.Remove(files, configuration);
            }
        }
        else if (!string.Equals(text, reading.Text, StringComparison.Ordinal))
        {
            files.CreateDirectory(Path.GetDirectoryName(configuration)!);
            AtomicFile.Replace(files, configuration, Encoding.Latin1.GetBytes(text));
        }
    }

    public bool AreEqual(string? left, string? right)
        => left is null || right is null ? left is null && right is null : kind.IsSatisfied(left, right);
}
