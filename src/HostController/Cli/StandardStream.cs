using System.Text;

namespace GuestTune.Controller.Cli;

/// <summary>
/// A standard stream that may be closed or full: a result that cannot be written ends the command with its own exit
/// status, while a message that cannot be written changes nothing.
/// </summary>
internal sealed class StandardStream(TextWriter stream, bool carriesResult) : TextWriter
{
    public override Encoding Encoding => stream.Encoding;

    public override void Write(char value) => Try(() => stream.Write(value));

    public override void Write(string? value) => Try(() => stream.Write(value));

    public override void Write(char[] buffer, int index, int count) => Try(() => stream.Write(buffer, index, count));

    public override void WriteLine(string? value) => Try(() => stream.WriteLine(value));

    public override void Flush() => Try(stream.Flush);

    // .NET itself ignores EPIPE; EBADF of a closed descriptor comes as UnauthorizedAccessException.
    private void Try(Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            if (carriesResult)
            {
                throw new ResultNotWrittenException($"the result could not be written to standard output: {(e.InnerException ?? e).Message}", e);
            }
        }
    }
}
