namespace GuestTune.Controller.Cli;

/// <summary>The world outside of the program as the CLI sees it: streams, whether they are terminals, and the environment.</summary>
internal sealed record Terminal
{
    public required TextWriter Out { get; init; }

    public required TextWriter Error { get; init; }

    public bool OutIsTerminal { get; init; }

    public bool ErrorIsTerminal { get; init; }

    /// <summary>Columns; where the output is no terminal nothing is wrapped.</summary>
    public int Width { get; init; } = 80;

    /// <summary>Opens standard input; null where it is a terminal, which would show what is typed.</summary>
    public Func<TextReader?> OpenIn { get; init; } = static () => null;

    public Func<string, string?> Environment { get; init; } = _ => null;

    public static Terminal OfProcess() => new()
    {
        Out = new StandardStream(Console.Out, carriesResult: true),
        Error = new StandardStream(Console.Error, carriesResult: false),
        OutIsTerminal = !Console.IsOutputRedirected,
        ErrorIsTerminal = !Console.IsErrorRedirected,
        Width = ColumnsOf(),
        OpenIn = static () => Console.IsInputRedirected ? Console.In : null,
        Environment = System.Environment.GetEnvironmentVariable,
    };

    private static int ColumnsOf()
    {
        if (Console.IsOutputRedirected)
        {
            return 80;
        }

        try
        {
            return Console.WindowWidth is > 20 and var width ? width : 80;
        }
        catch (IOException)
        {
            return 80;
        }
    }
}
