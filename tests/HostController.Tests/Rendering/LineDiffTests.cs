using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using GuestTune.Controller.Rendering;
using GuestTune.Practice.V1;

namespace GuestTune.HostController.Tests.Rendering;

public sealed class LineDiffTests
{
    /// <summary>Short texts of few different lines, so that they have much in common, with and without a line end at the end.</summary>
    private static readonly Gen<string> Texts =
        from lines in Gen.Elements("a", "b", "c", "", "d=1").ListOf()
        from end in Gen.Elements("", "\n")
        select string.Join('\n', lines) + end;

    [Fact]
    public void Of_AnyTexts_GivesTheSecondWhenAppliedToTheFirst() => Prop.ForAll(Texts.ToArbitrary(), Texts.ToArbitrary(), (before, after) =>
    {
        var hunks = LineDiff.Of(before, after);

        Assert.Equal(after, Apply(before, hunks));
        Assert.Equal(before == after, hunks.Count == 0);
        Assert.All(hunks, h =>
        {
            Assert.Equal((h.BeforeCount, h.AfterCount), (h.Lines.Count(l => l.Mark != '+'), h.Lines.Count(l => l.Mark != '-')));
            Assert.Contains(h.Lines, l => l.Mark != ' ');
            Assert.True(h.Lines.TakeWhile(l => l.Mark == ' ').Count() <= 3 && h.Lines.Reverse().TakeWhile(l => l.Mark == ' ').Count() <= 3);
        });
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Of_AnyTexts_NeverSaysMoreThanReplacingAll() => Prop.ForAll(Texts.ToArbitrary(), Texts.ToArbitrary(), (before, after) =>
    {
        var changed = LineDiff.Of(before, after).Sum(h => h.Lines.Count(l => l.Mark != ' '));
        var common = LineDiff.Split(before).Intersect(LineDiff.Split(after), StringComparer.Ordinal).Any() ? 1 : 0;

        Assert.True(changed <= LineDiff.Split(before).Length + LineDiff.Split(after).Length - (2 * common));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Of_LargeTextsWithNothingInCommon_IsQuick()
    {
        var before = string.Concat(Enumerable.Range(0, 60_000).Select(n => $"{n}\n"));
        var after = string.Concat(Enumerable.Range(0, 60_000).Select(n => $"x{n}\n"));

        Assert.Equal(120_000, Assert.Single(LineDiff.Of(before, after)).Lines.Count);
    }

    [Fact]
    public void Write_Edits_AreUnifiedDiffs()
    {
        var text = Render(
            new FileEdit { Path = "/etc/default/grub", Before = "1\n2\n3\n4\nGRUB_CMDLINE_LINUX=\"quiet\"\n6\n", After = "1\n2\n3\n4\nGRUB_CMDLINE_LINUX=\"quiet nosmt\"\n6\n" },
            new FileEdit { Path = "/etc/new", After = "one" },
            new FileEdit { Path = "/etc/old", Before = "gone\n" },
            new FileEdit { Path = "/etc/same", Before = "x\n", After = "x\n" });

        Assert.Equal("""
            --- /etc/default/grub
            +++ /etc/default/grub
            @@ -2,5 +2,5 @@
             2
             3
             4
            -GRUB_CMDLINE_LINUX="quiet"
            +GRUB_CMDLINE_LINUX="quiet nosmt"
             6
            --- /dev/null
            +++ /etc/new
            @@ -0,0 +1 @@
            +one
            \ No newline at end of file
            --- /etc/old
            +++ /dev/null
            @@ -1 +0,0 @@
            -gone

            """, text);
    }

    [Fact]
    public void Write_HostileFile_IsEscapedAndBounded()
    {
        var text = Render(new FileEdit { Path = "/etc/\e[2J", After = "\e[31mred\r\n" + string.Concat(Enumerable.Range(0, 2000).Select(n => $"{n}\n")) });

        Assert.DoesNotContain('\e', text);
        Assert.Contains(@"+\x1b[31mred\r", text);
        Assert.Contains("(1501 more lines of ", text);
        Assert.True(text.Split('\n').Length < 520);
    }

    private static string Render(params FileEdit[] edits)
    {
        using var output = new StringWriter();
        FileDiffReport.Write(output, new TableStyle(null, Colors: false), edits);
        return output.ToString();
    }

    /// <summary>What patch(1) does, without its guessing.</summary>
    private static string Apply(string before, IReadOnlyList<DiffHunk> hunks)
    {
        var lines = LineDiff.Split(before);
        var result = new List<string>();
        var next = 0;
        foreach (var hunk in hunks)
        {
            var start = hunk.BeforeCount > 0 ? hunk.BeforeStart - 1 : hunk.BeforeStart;
            result.AddRange(lines[next..start]);
            Assert.Equal(hunk.AfterCount > 0 ? hunk.AfterStart - 1 : hunk.AfterStart, result.Count);
            next = start;
            foreach (var line in hunk.Lines)
            {
                if (line.Mark != '+')
                {
                    Assert.Equal(lines[next++], line.Text, ignoreCase: false);
                }

                if (line.Mark != '-')
                {
                    result.Add(line.Text);
                }
            }
        }

        result.AddRange(lines[next..]);
        return string.Create(CultureInfo.InvariantCulture, $"{string.Concat(result)}");
    }
}
