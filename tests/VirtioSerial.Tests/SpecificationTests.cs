using System.Text.RegularExpressions;
using GuestTune.VirtioSerial.Frames;

namespace GuestTune.VirtioSerial.Tests;

/// <summary>docs/channel.md is what others implement from, so its examples are the test vectors.</summary>
public partial class SpecificationTests
{
    private static readonly SessionId Id = SessionId.Read(Convert.FromHexString("00112233445566778899aabbccddeeff"));
    private static readonly SessionId Instance = SessionId.Read(Convert.FromHexString("ffeeddccbbaa99887766554433221100"));

    public static TheoryData<string> Frames => [.. Examples().Keys.Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Frames))]
    public void Frame_AsInTheSpecification_IsWrittenAndReadBack(string name)
    {
        var expected = Examples()[name];
        var written = name switch
        {
            "HELLO" => Frame.Hello(Id, 1, 1, 32_732),
            "WELCOME" => Frame.Welcome(Id, 1, 0, 32_732, Instance),
            "DATA" => Frame.Create(1, FrameType.Data, Id, 0, "hello"u8),
            "FIN" => Frame.Create(1, FrameType.Fin, Id, 1, []),
            "RESET" => Frame.Reset(Id, 1, ResetReason.VersionUnsupported, 1, 1, "too old"),
            "PING" => Frame.Token(Id, 1, FrameType.Ping, 0x0807060504030201),
            "PONG" => Frame.Token(Id, 1, FrameType.Pong, 0x0807060504030201),
            "READY" => Frame.Ready(1, Instance),
            "PAD" => Frame.Create(1, FrameType.Pad, Id, 0, new byte[8]),
            _ => throw new ArgumentException($"The specification has a frame {name} that nobody tests.", nameof(name)),
        };
        Assert.Equal(Convert.ToHexStringLower(expected), Convert.ToHexStringLower(written));

        using var reader = new FrameReader { Session = Id, SessionlessTypes = uint.MaxValue };
        expected.CopyTo(reader.GetMemory());
        reader.Advance(expected.Length);
        Assert.Equal(FrameReadStatus.Frame, reader.TryRead(out var header, out var payload));
        Assert.Equal(name, header.Type.ToString().ToUpperInvariant());
        Assert.Equal(expected.AsSpan(FrameHeader.SizeBytes).ToArray(), payload.ToArray());
    }

    [Fact]
    public void Examples_OfEveryFrameType_AreThere() =>
        Assert.Equal(Enum.GetNames<FrameType>().Select(name => name.ToUpperInvariant()).Order(StringComparer.Ordinal), Examples().Keys.Order(StringComparer.Ordinal));

    [Fact]
    public void Crc32C_CheckValue_IsThatOfTheStandard() => Assert.Equal(0xe3069283u, Crc32C.Compute("123456789"u8));

    private static Dictionary<string, byte[]> Examples()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "GuestTune.sln")))
        {
            directory = directory.Parent ?? throw new InvalidOperationException("The tests do not run inside the repository.");
        }

        var text = File.ReadAllText(Path.Combine(directory.FullName, "docs", "channel.md"));
        return ExamplePattern().Matches(text).ToDictionary(
            match => match.Groups["name"].Value,
            match => Convert.FromHexString(string.Concat(match.Groups["hex"].Value.Where(char.IsAsciiHexDigit))),
            StringComparer.Ordinal);
    }

    [GeneratedRegex("```frame (?<name>[A-Z]+)\n(?<hex>[0-9a-f\\s]+)```", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex ExamplePattern();
}
