using System.Globalization;

namespace GuestTune.MeasuredBoot.Tests.Fuzzing;

/// <summary>
/// Gives a parser what was found earlier, then damaged inputs by the thousand. GUESTTUNE_FUZZ_SEED=N repeats one of them;
/// GUESTTUNE_FUZZ_RUNS=N makes so many for each parser.
/// </summary>
internal static class Fuzzer
{
    private const int MinimizingTries = 5000;

    /// <summary>A parser answers within a millisecond; so long without an answer is no slow machine.</summary>
    private static readonly TimeSpan LongestOfOne = TimeSpan.FromMinutes(5);

    public static void Run(FuzzTarget target)
    {
        // What is made once at the first use is no cost of an input.
        foreach (var whole in target.Corpus)
        {
            target.WhyWrong(whole);
        }

        foreach (var (name, input) in Finds(target.Name))
        {
            Expect(target, input, $"the find {name}");
        }

        var seed = Read("GUESTTUNE_FUZZ_SEED");
        var (first, runs) = seed is null ? (0, Read("GUESTTUNE_FUZZ_RUNS") ?? target.Runs) : (seed.Value, 1);
        var mutator = new Mutator([.. target.Corpus, .. Finds(target.Name).Select(static f => f.Input)], target.Words);
        Watched(current =>
        {
            for (var i = 0; i < runs; i++)
            {
                current(first + i);
                Expect(target, mutator.Make(first + i), $"GUESTTUNE_FUZZ_SEED={first + i}");
            }
        });
        TestContext.Current.SendDiagnosticMessage($"{target.Name}: {runs} inputs, seeds from {first}");
    }

    private static void Expect(FuzzTarget target, byte[] input, string where)
    {
        if (target.WhyWrong(input) is not { } problem)
        {
            return;
        }

        var small = Minimize(target, input);
        var path = Path.Combine(Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "NewFinds", target.Name)).FullName, $"{small.Length}-bytes");
        File.WriteAllBytes(path, small);
        Assert.Fail($"{target.Name}, {where}: {problem}{Environment.NewLine}Of {input.Length} bytes {small.Length} are enough: {path}, to be kept in Finds/{target.Name}");
    }

    /// <summary>Leaves pieces out, large ones first, for as long as something is wrong.</summary>
    private static byte[] Minimize(FuzzTarget target, byte[] input)
    {
        var tries = MinimizingTries;
        for (var piece = input.Length / 2; piece > 0 && tries > 0; piece /= 2)
        {
            for (var at = 0; at + piece <= input.Length && tries > 0; tries--)
            {
                byte[] less = [.. input[..at], .. input[(at + piece)..]];
                if (target.WhyWrong(less) is null)
                {
                    at += piece;
                }
                else
                {
                    input = less;
                }
            }
        }

        return input;
    }

    private static (string Name, byte[] Input)[] Finds(string target) =>
        new DirectoryInfo(Path.Combine(AppContext.BaseDirectory, "Finds", target)) is { Exists: true } folder
            ? [.. folder.GetFiles().OrderBy(static f => f.Name, StringComparer.Ordinal).Select(static f => (f.Name, File.ReadAllBytes(f.FullName)))]
            : [];

    /// <summary>On a thread of its own: one that hangs cannot say so.</summary>
    private static void Watched(Action<Action<int>> work)
    {
        var (current, since) = (0, Environment.TickCount64);
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                work(seed =>
                {
                    Volatile.Write(ref current, seed);
                    Volatile.Write(ref since, Environment.TickCount64);
                });
            }
            catch (Exception e)
            {
                failure = e;
            }
        }) { IsBackground = true };
        thread.Start();
        while (!thread.Join(TimeSpan.FromSeconds(1)))
        {
            Assert.True(
                Environment.TickCount64 - Volatile.Read(ref since) < LongestOfOne.TotalMilliseconds,
                $"GUESTTUNE_FUZZ_SEED={Volatile.Read(ref current)}: no answer after {LongestOfOne}");
        }

        if (failure is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        }
    }

    private static int? Read(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;
}
