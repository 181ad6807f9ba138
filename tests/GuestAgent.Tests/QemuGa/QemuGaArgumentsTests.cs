using GuestTune.Agent.QemuGa;

namespace GuestTune.Agent.Tests.QemuGa;

public sealed class QemuGaArgumentsTests
{
    [Theory]
    [InlineData("--block-rpcs=a,b", "a,b", null, "")]
    [InlineData("--block-rpcs|a,b", "a,b", null, "")]
    [InlineData("--blacklist=a|-b|b|-bc", "a,b,c", null, "")]
    [InlineData("--block=a|--bl=b", "a,b", null, "")]
    [InlineData("--allow-rpcs=a|-a|b|-ac", "", "a,b,c", "")]
    [InlineData("-vrda|x", "", "x", "")]
    [InlineData("-F|stray|-Fhook|-b|a", "a", null, "stray")]
    [InlineData("-p|-b|--method=isa-serial|x", "", null, "x")]
    [InlineData("-b|a|--|-b|c", "a", null, "-b,c")]
    [InlineData("-b", "", null, "")]
    public void Parse_Words_AsGetoptLongReadsThem(string words, string blocked, string? allowed, string strays)
    {
        var arguments = QemuGaArguments.Parse(words.Split('|'));

        Assert.Equal((blocked, allowed, strays), (
            string.Join(',', arguments.Lists.Blocked),
            arguments.Lists.Allowed is { } list ? string.Join(',', list) : null,
            string.Join(',', arguments.Strays)));
    }

    [Fact]
    public void Parse_Path_KnowsTheMethodAndTheConfiguration()
    {
        var arguments = QemuGaArguments.Parse(["-m", "unix-listen", "--config=/x.conf"]);

        Assert.Equal(("unix-listen", "/x.conf"), (arguments.Method, arguments.ConfigPath));
    }

    [Theory]
    [InlineData("[general]\nblock-rpcs=a,b\n", "a,b", null)]
    [InlineData("[general]\nblacklist=a\nblock-rpcs=b\n", "a", null)]
    [InlineData("[general]\nblock-rpcs=\\sa,b\nallow-rpcs=c\n", " a,b", "c")]
    [InlineData("[other]\nblock-rpcs=a\n[general]\nallow-rpcs=\n", "", null)]
    public void Configuration_Text_HasTheLists(string text, string blocked, string? allowed)
    {
        var lists = QemuGaConfig.Parse(text);

        Assert.Equal((blocked, allowed), (string.Join(',', lists.Blocked), lists.Allowed is { } list ? string.Join(',', list) : null));
    }
}
