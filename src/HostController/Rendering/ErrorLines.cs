namespace GuestTune.Controller.Rendering;

/// <summary>Errors on standard error: one line each, whatever is in them.</summary>
internal static class ErrorLines
{
    private const int MaxLength = 4000;

    public static void Write(TextWriter error, string message)
    {
        foreach (var line in message.AsSpan().EnumerateLines())
        {
            error.WriteLine($"guesttune: {TerminalText.Escape(line.ToString(), MaxLength)}");
        }
    }

    public static void Write(TextWriter error, string vm, string message) =>
        error.WriteLine($"{TerminalText.Escape(vm, 255)}: {TerminalText.Escape(message, MaxLength)}");
}
