using System.Text;
using GuestTune.VirtioSerial.Frames;

namespace GuestTune.VirtioSerial.Protocol;

/// <summary>A RESET frame's payload, read with suspicion: it comes from the other side of a trust boundary.</summary>
internal readonly record struct ResetNotice(ResetReason Reason, byte MinVersion, byte MaxVersion, string Text)
{
    public SessionEnd End => Reason switch
    {
        ResetReason.Closed or ResetReason.ShuttingDown => SessionEnd.PeerClosed,
        ResetReason.Corrupt => SessionEnd.Corrupt,
        ResetReason.UnknownSession => SessionEnd.UnknownSession,
        ResetReason.VersionUnsupported or ResetReason.ProtocolError => SessionEnd.ProtocolError,
        _ => SessionEnd.PeerAborted,
    };

    public static ResetNotice Read(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < Frame.ResetFixedSizeBytes)
        {
            return new ResetNotice(ResetReason.ProtocolError, 0, 0, "");
        }

        var text = payload[Frame.ResetFixedSizeBytes..];
        text = text[..Math.Min(text.Length, Frame.MaxResetTextSizeBytes)];
        return new ResetNotice((ResetReason)payload[0], payload[1], payload[2], Printable(Encoding.UTF8.GetString(text)));
    }

    public override string ToString() => Text.Length == 0 ? Reason.ToString() : $"{Reason}: {Text}";

    private static string Printable(string text) =>
        string.Create(text.Length, text, static (span, source) =>
        {
            for (var i = 0; i < source.Length; i++)
            {
                // No control, format or bidirectional characters: the text ends up in logs and on terminals.
                span[i] = char.IsLetterOrDigit(source[i]) || char.IsPunctuation(source[i]) || char.IsSymbol(source[i]) || source[i] == ' ' ? source[i] : '?';
            }
        });
}
