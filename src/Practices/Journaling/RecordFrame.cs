using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace GuestTune.Practices.Journaling;

/// <summary>
/// One line of the journal: <c>CRC LENGTH JSON\n</c>, the CRC-32C of the JSON in eight hex digits and its length in bytes in
/// eight decimal digits. A person can read it, and a program can tell a whole line from a torn one.
/// </summary>
internal static class RecordFrame
{
    public const int MaximumPayloadBytes = 1024 * 1024;
    private const int CrcDigits = 8;
    private const int LengthDigits = 8;
    private const int HeaderBytes = CrcDigits + 1 + LengthDigits + 1;

    public static byte[] Encode(ReadOnlySpan<byte> payload)
    {
        if (payload.Length > MaximumPayloadBytes)
        {
            throw PracticeException.Precondition($"the operation takes {payload.Length} bytes in the journal; at most {MaximumPayloadBytes} are allowed");
        }

        var line = new byte[HeaderBytes + payload.Length + 1];
        var header = string.Create(CultureInfo.InvariantCulture, $"{Crc32C.Of(payload):x8} {payload.Length:d8} ");
        Encoding.ASCII.GetBytes(header, line);
        payload.CopyTo(line.AsSpan(HeaderBytes));
        line[^1] = (byte)'\n';
        return line;
    }

    /// <param name="line">Without its line end.</param>
    public static bool TryDecode(ReadOnlySpan<byte> line, out ReadOnlySpan<byte> payload)
    {
        payload = default;
        if (line.Length < HeaderBytes || line[CrcDigits] != ' ' || line[HeaderBytes - 1] != ' '
            || !Utf8Parser.TryParse(line[..CrcDigits], out uint crc, out var used, 'x') || used != CrcDigits
            || !Utf8Parser.TryParse(line.Slice(CrcDigits + 1, LengthDigits), out int length, out used) || used != LengthDigits
            || length != line.Length - HeaderBytes || Crc32C.Of(line[HeaderBytes..]) != crc)
        {
            return false;
        }

        payload = line[HeaderBytes..];
        return true;
    }
}
