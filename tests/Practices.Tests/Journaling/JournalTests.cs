using System.Text;
using FsCheck;
using FsCheck.Fluent;
using GuestTune.Practices.Journaling;

namespace GuestTune.Practices.Tests.Journaling;

public sealed class JournalTests : IDisposable
{
    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private readonly TemporaryDirectory _directory = new();

    private string JournalPath => _directory.File("journal");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Open_TornAtAnyByte_EveryCompleteRecordSurvivesAndTheNextIsTakenWhole()
    {
        var ends = new List<int>();
        using (var journal = Open())
        {
            ends.Add((int)new FileInfo(JournalPath).Length);
            for (var i = 0; i < 4; i++)
            {
                journal.Append(Begun($"op-{i}"));
                ends.Add((int)new FileInfo(JournalPath).Length);
            }
        }

        var whole = File.ReadAllBytes(JournalPath);
        Assert.Equal(whole.Length, ends[^1]);
        for (var length = 0; length <= whole.Length; length++)
        {
            File.WriteAllBytes(JournalPath, whole[..length]);
            var expected = Math.Max(0, ends.Count(e => e <= length) - 1);
            using (var journal = Open())
            {
                Assert.Equal(expected, journal.Operations.Count);
                journal.Append(Begun("next"));
            }

            using var again = Open();
            Assert.Equal(0, again.CutOffBytes);
            Assert.Equal(expected + 1, again.Operations.Count);
        }
    }

    [Fact]
    public void Open_TornTailOfAnyBytes_IsCutOff() => Prop.ForAll<byte[]>(tail =>
    {
        File.Delete(JournalPath);
        using (var journal = Open())
        {
            journal.Append(Begun("op-0"));
        }

        using (var file = new FileStream(JournalPath, FileMode.Append))
        {
            file.Write(tail);
        }

        using var again = Open();
        return again.Operations.Count == 1 && again.CutOffBytes == tail.Length;
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(200));

    [Fact]
    public void Open_DamagedInTheMiddle_IsRefusedAndLeftAsItIs()
    {
        using (var journal = Open())
        {
            journal.Append(Begun("op-0"));
            journal.Append(Begun("op-1"));
        }

        var bytes = File.ReadAllBytes(JournalPath);
        var position = Encoding.UTF8.GetString(bytes).IndexOf("op-0", StringComparison.Ordinal);
        bytes[position] ^= 1;
        File.WriteAllBytes(JournalPath, bytes);

        var e = Assert.Throws<JournalException>(Open);

        Assert.Contains("line 2 is damaged", e.Message, StringComparison.Ordinal);
        Assert.Equal(bytes, File.ReadAllBytes(JournalPath));
    }

    [Fact]
    public void Open_AnyFlippedBitInTheLastRecord_LosesOnlyThat()
    {
        using (var journal = Open())
        {
            journal.Append(Begun("op-0"));
            journal.Append(Begun("op-1"));
        }

        var whole = File.ReadAllBytes(JournalPath);
        var lastStart = Array.LastIndexOf(whole, (byte)'\n', whole.Length - 2) + 1;
        for (var i = lastStart; i < whole.Length; i++)
        {
            var bytes = (byte[])whole.Clone();
            bytes[i] ^= 4;
            File.WriteAllBytes(JournalPath, bytes);
            using var journal = Open();
            Assert.Equal("op-0", Assert.Single(journal.Operations).Begun.OperationId);
        }
    }

    [Fact]
    public void Open_NewerFormat_IsRefused()
    {
        File.WriteAllBytes(JournalPath, RecordFrame.Encode("{\"format\":\"guesttune-journal\",\"version\":2}"u8));

        var e = Assert.Throws<JournalException>(Open);

        Assert.Contains("newer version", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_SomeOtherFile_IsRefusedAndLeftAsItIs()
    {
        var text = string.Join('\n', Enumerable.Repeat("Jan 1 00:00:00 host syslog line", 20));
        File.WriteAllText(JournalPath, text);

        Assert.Contains("not a journal", Assert.Throws<JournalException>(Open).Message, StringComparison.Ordinal);
        Assert.Equal(text, File.ReadAllText(JournalPath));
    }

    [Fact]
    public void Open_SecondTime_IsLocked()
    {
        using var first = Open();

        var e = Assert.Throws<StateLockedException>(Open);

        Assert.Contains(_directory.Path, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_AfterDispose_IsFree()
    {
        Open().Dispose();
        Open().Dispose();
    }

    [Fact]
    public void Open_DirectoryCannotBeMade_SaysWhich()
    {
        _directory.Write("file", "x");

        var e = Assert.ThrowsAny<IOException>(() => Journal.Open(new JournalOptions { Directory = _directory.File("file/state") }));

        Assert.Contains("file", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(UnixFileMode.GroupWrite)]
    [InlineData(UnixFileMode.OtherWrite)]
    public void Open_DirectoryThatOthersCanWrite_IsRefused(UnixFileMode mode)
    {
        Open().Dispose();
        var directory = Path.GetDirectoryName(JournalPath)!;
        File.SetUnixFileMode(directory, File.GetUnixFileMode(directory) | mode);

        var e = Assert.Throws<JournalException>(Open);

        Assert.Contains($"chmod go-w {directory}", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_NewAndTorn_EverythingBelongsToItsOwnerAlone()
    {
        var directory = _directory.File("state");
        Journal.Open(new JournalOptions { Directory = directory }).Dispose();
        File.AppendAllText(Path.Combine(directory, "journal"), "torn");
        Journal.Open(new JournalOptions { Directory = directory }).Dispose();

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(directory));
        Assert.Equal(["journal", "journal.torn", "lock"], Directory.GetFiles(directory).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.All(Directory.GetFiles(directory), path => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path)));
    }

    [Fact]
    public void Options_AllWrong_EveryMistakeIsNamed()
    {
        var options = new JournalOptions { Directory = "relative", KeptOperations = 0, MaximumFileBytes = 1 };

        Assert.Equal(3, options.Validate().Count());
        Assert.Throws<ArgumentException>(() => Journal.Open(options));
    }

    [Fact]
    public void Records_AnyText_ComeBackAsWritten() => Prop.ForAll<string?, string?, string?>((before, after, error) =>
    {
        // The journal is UTF-8: half a surrogate pair cannot be in a file's text.
        (before, after, error) = (Clean(before), Clean(after), Clean(error));
        var change = new Change("item", "/target", before, after, TakesEffect.AfterGuestReboot);
        var ended = new EndedRecord("id", OperationState.Failed, At, [new ChangeOutcome(change, ChangeState.Failed, after, error)], error);
        var decoded = (EndedRecord)RecordCodec.Decode(RecordCodec.Encode(ended));
        return decoded with { Outcomes = ended.Outcomes } == ended && decoded.Outcomes.SequenceEqual(ended.Outcomes);
    }).QuickCheckThrowOnFailure();

    private static string? Clean(string? text) => text is null ? null : Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));

    private static BegunRecord Begun(string id) => new(
        id, OperationKind.Apply, "memory", "request", At, "boot", null, [new Change("a", "/a", "1", "2", TakesEffect.Now)]);

    private Journal Open() => Journal.Open(new JournalOptions { Directory = _directory.Path });
}
