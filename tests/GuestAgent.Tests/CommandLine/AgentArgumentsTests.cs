using GuestTune.Agent.CommandLine;
using Microsoft.Extensions.Logging;

namespace GuestTune.Agent.Tests.CommandLine;

public sealed class AgentArgumentsTests
{
    [Fact]
    public void Parse_Nothing_GivesTheDefaultsOfTheHelp()
    {
        var parsed = AgentArguments.Parse([], out var mistakes);

        Assert.Empty(mistakes);
        Assert.Equal(new AgentOptions(), parsed.Options);
        Assert.Equal(LogLevel.Information, parsed.LogLevel);
        Assert.Contains($"(default: {parsed.Options.PortName})", AgentArguments.Help, StringComparison.Ordinal);
        Assert.Contains($"(default: {parsed.Options.ConfigPath})", AgentArguments.Help, StringComparison.Ordinal);
        Assert.Contains($"(default: {parsed.Options.StateDirectory})", AgentArguments.Help, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--port", "a.b.0")]
    [InlineData("--port=a.b.0")]
    public void Parse_Port_IsTaken(params string[] arguments) => Assert.Equal("a.b.0", Good(arguments).Options.PortName);

    [Theory]
    [InlineData("--config", "/c")]
    [InlineData("--config=/c")]
    public void Parse_Config_IsTaken(params string[] arguments) => Assert.Equal("/c", Good(arguments).Options.ConfigPath);

    [Theory]
    [InlineData("--state", "/s")]
    [InlineData("--state=/s=1", "--state", "/s")]
    public void Parse_State_LastOneCounts(params string[] arguments) => Assert.Equal("/s", Good(arguments).Options.StateDirectory);

    [Fact]
    public void Parse_ValueWithAnEqualsSign_IsKeptWhole() => Assert.Equal("/s=1", Good("--state=/s=1").Options.StateDirectory);

    [Fact]
    public void Parse_Root_IsTaken() => Assert.Equal("/tmp", Good("--root", "/tmp").Options.Root);

    [Theory]
    [InlineData("debug", LogLevel.Debug)]
    [InlineData("information", LogLevel.Information)]
    [InlineData("warning", LogLevel.Warning)]
    [InlineData("error", LogLevel.Error)]
    public void Parse_LogLevel_IsTaken(string text, LogLevel level) => Assert.Equal(level, Good("--log-level", text).LogLevel);

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    public void Parse_Help_IsShown(string argument) => Assert.True(Good(argument).ShowsHelp);

    [Fact]
    public void Parse_Version_IsShown() => Assert.True(Good("--version").ShowsVersion);

    [Theory]
    [InlineData("'--prt' is not an option; --help lists them", "--prt")]
    [InlineData("'serve' is not an option; --help lists them", "serve")]
    [InlineData("'' is not an option; --help lists them", "")]
    [InlineData("--port needs a value: --port VALUE or --port=VALUE", "--port")]
    [InlineData("--port needs a value: --port VALUE or --port=VALUE", "--port=")]
    [InlineData("--port needs a value: --port VALUE or --port=VALUE", "--port", "--log-level", "debug")]
    [InlineData("--help takes no value; it is given 'x'", "--help=x")]
    [InlineData("--log-level is 'verbose'; it can be debug, information, warning or error", "--log-level", "verbose")]
    [InlineData("--config is 'agent.conf': it must be an absolute path", "--config", "agent.conf")]
    [InlineData("--state is 'state': it must be an absolute path", "--state", "state")]
    [InlineData("--root is '/no/such/tree': it must be an existing directory", "--root", "/no/such/tree")]
    [InlineData("--port is '../port': it must be the name of a port without '/', at most 255 characters, e.g. org.guesttune.agent.0", "--port", "../port")]
    public void Parse_Mistake_NamesTheInputAndWhatIsAllowed(string mistake, params string[] arguments)
    {
        AgentArguments.Parse(arguments, out var mistakes);

        Assert.Equal([mistake], mistakes);
    }

    [Fact]
    public void Parse_ManyMistakes_AreAllNamed()
    {
        AgentArguments.Parse(["--log-level", "loud", "rubbish", "--config", "x", "--port"], out var mistakes);

        Assert.Equal(4, mistakes.Count);
    }

    /// <summary>docs/agent.md repeats the options and exit codes; this keeps the two the same.</summary>
    [Fact]
    public void Help_EveryOptionAndExitCode_IsInTheDocuments()
    {
        var documents = File.ReadAllText(Path.Combine(RepositoryRoot(), "docs", "agent.md"));
        var options = AgentArguments.Help.Split('\n').Select(line => line.Trim()).Where(line => line.StartsWith('-')).Select(line => line.Split("  ")[0]);

        Assert.All(options, option => Assert.Contains($"| `{option.Trim()}` |", documents, StringComparison.Ordinal));
        Assert.All(
            [ExitCode.Stopped, ExitCode.Failed, ExitCode.WrongCommandLine, ExitCode.NoPort],
            code => Assert.Contains($"\n| {code} |", documents, StringComparison.Ordinal));
    }

    private static AgentArguments Good(params string[] arguments)
    {
        var parsed = AgentArguments.Parse(arguments, out var mistakes);
        Assert.Empty(mistakes);
        return parsed;
    }

    private static string RepositoryRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "GuestTune.sln")))
        {
            directory = directory.Parent ?? throw new InvalidOperationException("not run inside the repository");
        }

        return directory.FullName;
    }
}
