namespace GuestTune.Practices.Commands;

/// <summary>A program with its arguments, run without a shell, and the bounds of what it may cost.</summary>
/// <param name="Program">A name, looked up in the system's own directories of programs, or an absolute path.</param>
public sealed record Command(string Program, params IReadOnlyList<string> Arguments)
{
    /// <summary>When it is over, the program is killed with everything that it started.</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Of standard output and of standard error each; what is more is thrown away.</summary>
    public int MaximumOutputBytes { get; init; } = 64 * 1024;

    /// <summary>What it reads from standard input, at most 4096 bytes (PIPE_BUF): for what must not be seen among its arguments. Null: /dev/null.</summary>
    public string? Input { get; init; }

    /// <summary>As it would be typed, for messages.</summary>
    public override string ToString() => string.Join(' ', [Program, .. Arguments]);
}
