using FsCheck;
using FsCheck.Fluent;
using GuestTune.Agent.BootLoader;

namespace GuestTune.Agent.Tests.BootLoader;

public sealed class ArgumentLineTests
{
    private static readonly KernelArgument[] Ours =
        [new("nohz", null), new("a", "1"), new("a", "2"), new("cpuidle_haltpoll.force", "Y"), new("isolcpus", "domain,managed_irq,2-5")];

    /// <summary>What the kernel's next_arg makes of it (lib/cmdline.c).</summary>
    [Theory]
    [InlineData("quiet  ro\troot=/dev/sda1\n", "quiet|ro|root=/dev/sda1")]
    [InlineData("a=\"b c\" \"d=e f\" \"g h\"", "a=b c|d=e f|g h")]
    [InlineData("a=b\"c d\"e", "a=b\"c d\"e")]
    [InlineData("a=\"b", "a=b")]
    [InlineData("=x y==z k=", "=x|y==z|k=")]
    [InlineData("a -- b=1", "a")]
    [InlineData("a --b", "a|--b")]
    [InlineData("dyndbg=\"file x.c +p; file y.c +p\" b", "dyndbg=file x.c +p; file y.c +p|b")]
    public void Parse_ReadsAsTheKernelDoes(string line, string arguments)
        => Assert.Equal(arguments, string.Join('|', ArgumentLine.Parse(line).Select(t => t.Argument.Text)));

    [Theory]
    [InlineData("a=1 a=2", "a", "2")]
    [InlineData("a=1 a", "a", "")]
    [InlineData("a", "a", "")]
    [InlineData("ab=1", "a", null)]
    [InlineData("my-mod.x=1", "my_mod.x", "1")]
    [InlineData("b -- a=1", "a", null)]
    public void Find_TheLastOneCounts(string line, string key, string? value) => Assert.Equal(value, ArgumentLine.Find(line, key));

    [Theory]
    [InlineData("ro quiet", "ro quiet a=1")]
    [InlineData("ro quiet -- single", "ro quiet a=1 -- single")]
    [InlineData("root=UUID=1 $tuned_params", "root=UUID=1 $tuned_params a=1")]
    [InlineData("", " a=1")]
    [InlineData("-- x", "a=1 -- x")]
    public void Add_AtTheEndButBeforeWhatIsForInit(string line, string expected) => Assert.Equal(expected, ArgumentLine.Add(line, new KernelArgument("a", "1")));

    [Fact]
    public void Add_QuoteNeverClosed_IsRefused()
        => Assert.Contains("never closed", Assert.Throws<IOException>(() => ArgumentLine.Add("a=\"b", new KernelArgument("c", null))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("nohz_full=1 nohz=off nohz xnohz", "nohz_full=1 nohz=off xnohz")]
    [InlineData("nohz", "")]
    [InlineData("\"nohz\" nohz=1", "\"nohz\" nohz=1")]
    [InlineData("x -- nohz", "x -- nohz")]
    public void Remove_TakesExactlyThatToken(string line, string expected) => Assert.Equal(expected, ArgumentLine.Remove(line, Ours[0]));

    [Fact]
    public void SetAndTakenBack_AnyLine_KeepsEveryByte()
    {
        var pieces = Gen.Elements(
            "quiet", "a=1", "a=2", "nohz", "a", "--", " ", "  ", "\t", "\n", "\"", "\"b c\"", "x=\"y z\"", "$tuned_params", "${kernelopts}", "root=UUID=1-2", "=", "isolcpus=domain,managed_irq,2-5", "\u00e4", "'", "\\");
        var lines = from many in pieces.ListOf() from separator in Gen.Elements(string.Empty, " ", "  ") select string.Join(separator, many);
        var subsets = Gen.SubListOf(Ours);
        Prop.ForAll(lines.ToArbitrary(), subsets.ToArbitrary(), subsets.ToArbitrary(), (line, first, second) =>
        {
            try
            {
                var set = ArgumentLine.Exchange(line, [], [.. first]);
                var changed = ArgumentLine.Exchange(set, [.. first], [.. second]);
                var all = second.All(a => ArgumentLine.Parse(changed).Exists(t => t.Argument == a));
                return all && string.Equals(ArgumentLine.Exchange(changed, [.. second], []), line, StringComparison.Ordinal);
            }
            catch (IOException)
            {
                return line.Count(c => c == '"') % 2 != 0;
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Theory]
    [InlineData("", "x", "name is missing")]
    [InlineData("a b", "x", "'a b' is not the name")]
    [InlineData("a=b", "x", "is not the name")]
    [InlineData("--", "", "is not the name")]
    [InlineData("-x", "", "is not the name")]
    [InlineData("$x", "", "is not the name")]
    [InlineData("a", "b c", "a blank")]
    [InlineData("a", "b\nc", "a line end")]
    [InlineData("a", "\"b\"", "a quote (\")")]
    [InlineData("a", "b'", "a quote (')")]
    [InlineData("a", "$(reboot)", "'$'")]
    [InlineData("a", "b;c", "';'")]
    [InlineData("a", "b\\", "'\\'")]
    [InlineData("a", "b\0", "a control character")]
    public void WhyNotAllowed_WhatABootLoaderWouldChange_IsRefusedByName(string key, string value, string reason)
        => Assert.Contains(reason, KernelArgument.WhyNotAllowed(key, value), StringComparison.Ordinal);

    [Fact]
    public void WhyNotAllowed_TooLong_IsRefused() => Assert.Contains("too long", KernelArgument.WhyNotAllowed("a", new string('x', 255)), StringComparison.Ordinal);

    [Theory]
    [InlineData("isolcpus", "domain,managed_irq,2-5,8/2")]
    [InlineData("console", "ttyS0,115200n8")]
    [InlineData("8250.nr_uarts", "4")]
    [InlineData("crashkernel", "1G-4G:192M,4G-:256M@16M")]
    [InlineData("nohz", "")]
    public void WhyNotAllowed_UsualArguments_AreAllowed(string key, string value) => Assert.Null(KernelArgument.WhyNotAllowed(key, value));
}
