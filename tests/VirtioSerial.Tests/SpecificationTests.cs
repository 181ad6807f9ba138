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

    /// <summary>Lengths on both sides of each step of XXH64; the values are those of the reference library.</summary>
    [Theory]
    [InlineData(0, 0x51d8e999u)]
    [InlineData(1, 0xbc1f4bb6u)]
    [InlineData(3, 0x52e564c9u)]
    [InlineData(4, 0x66ee9fdau)]
    [InlineData(8, 0xc6f90092u)]
    [InlineData(9, 0x975b4c02u)]
    [InlineData(31, 0xcc4a6119u)]
    [InlineData(32, 0xf790fd97u)]
    [InlineData(33, 0xba588784u)]
    [InlineData(63, 0x31c7493cu)]
    [InlineData(64, 0xf6eeb01fu)]
    [InlineData(1000, 0x33f1a3fbu)]
    public void Checksum_OfAnyLength_IsThatOfTheReference(int sizeBytes, uint expected) =>
        Assert.Equal(expected, Checksum.Compute([.. Enumerable.Range(0, sizeBytes).Select(i => (byte)((i * 7) + 3))]));

    [Fact]
    public void Checksum_CheckValue_IsThatOfTheSpecification() => Assert.Equal(0x40e6ae83u, Checksum.Compute("123456789"u8));

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

    [GeneratedRegex("```frame (?<name>[A-Z]+)\n(?<hex>[0-9a-f\\s]+)```", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 120_000)]
    private static partial Regex ExamplePattern();
}
